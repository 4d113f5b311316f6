"""Declarations: a wrong one is refused where it stands, a right one says all there is to know."""

from pathlib import Path

import pytest

from clio_source.collection import Collection, DeclarationError, List, Object, Scalar, load_collections

COLLECTIONS = load_collections()

HEAD = "bills:\n  area: Billing\n  fields:\n    id: integer\n    updated_at: timestamp\n"  # five lines


def load(folder: Path, declaration: str) -> Collection:
    (folder / "billing.yaml").write_text(declaration, encoding="utf-8")
    [collection] = load_collections(folder).values()
    return collection


@pytest.mark.parametrize(
    ("declaration", "line", "phrases"),
    [
        (HEAD + "    total: mony\n", 6, ["`mony` is not a type", "use one of integer, text"]),
        (HEAD + "    lines: [integer, text]\n", 6, ["a list has one element", "describe one row"]),
        (HEAD + "    lines: []\n", 6, ["a list has one element"]),
        (HEAD + "    lines: [[integer]]\n", 6, ["a list of lists", "describe the inner list"]),
        (HEAD + "    total: money\n    total: text\n", 7, ["`total` is declared twice", "keep one"]),
        (HEAD + "    a: {b: {id: integer, c: text}}\n", 6, ["nested twice", "keep `id` only"]),
        (HEAD + "    a: [{b: [{c: text}]}]\n", 6, ["nested twice", "one level of braces"]),
        (HEAD + "  colour: red\n", 6, ["`colour` of bills is not known", "use one of about, path"]),
        (HEAD + "  cursor: created_at\n", 6, ["`cursor` of bills cannot be 'created_at'"]),
        (HEAD + "  cursor: null\n", 6, ["bills has no cursor", "say in `why`"]),
        (HEAD + "  limit: 0\n", 6, ["`limit` of bills cannot be 0"]),
        (HEAD + "  limit: many\n", 6, ["`limit` of bills cannot be 'many'"]),
        (HEAD + "  order: date(desc)\n", 6, ["`order` of bills cannot be 'date(desc)'"]),
        (HEAD + "  types: Matter\n", 6, ["`types` of bills cannot be 'Matter'"]),
        (HEAD + "  bare: sender\n", 6, ["`bare` of bills cannot be 'sender'"]),
        (HEAD + "  bare: [sender]\n", 6, ["`bare` of bills names sender, which is no field", "name a field"]),
        (HEAD + "  left_out: [secret]\n", 6, ["`left_out` of bills cannot be"]),
        (HEAD + HEAD, 6, ["`bills` is declared twice", "keep one of them"]),
        ("bills:\n  area: Billing\n", 2, ["bills has no `fields`", "list the fields"]),
        ("bills:\n  fields:\n    updated_at: timestamp\n", 3, ["bills has no field `id`", "keyed by id"]),
        (
            "bills:\n  fields:\n    id: integer\n",
            3,
            ["no field `updated_at` for its cursor", "`cursor: null` and `why`"],
        ),
        ("bills:\n  fields: all\n", 2, ["`fields` of bills cannot be 'all'"]),
        ("bills: all\n", 1, ["not a mapping", "write `name: …` entries"]),
        ("- bills\n", 1, ["not a mapping"]),
        ("", 1, ["not a mapping"]),
        (HEAD + "    lines: [{\n", 7, ["not YAML"]),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_file_and_line(
    declaration: str, line: int, phrases: list[str], tmp_path: Path
) -> None:
    with pytest.raises(DeclarationError) as refused:
        load(tmp_path, declaration)
    message = str(refused.value)
    assert message.startswith(f"billing.yaml, line {line}: ")
    for phrase in phrases:
        assert phrase in message


def test_a_collection_below_one_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DeclarationError, match="bills: `read_per` names matter, which is not a collection; name"
    ):
        load(tmp_path, HEAD + "  read_per: matter\n")


def test_a_declaration_in_two_files_is_refused_in_the_second(tmp_path: Path) -> None:
    (tmp_path / "accounting.yaml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"billing\.yaml, line 2: `bills` is declared twice"):
        load(tmp_path, HEAD)


def test_what_is_not_said_is_the_common_case(tmp_path: Path) -> None:
    bills = load(tmp_path, HEAD)
    assert (bills.name, bills.path, bills.record, bills.area) == ("bills", "bills", "Bill", "Billing")
    assert (bills.cursor, bills.limit, bills.order, bills.read_per) == ("updated_at", 200, "id(asc)", None)
    assert [dict(part) for part in bills.parts] == [{}]
    assert (bills.key, bills.constants, bills.selected_by_default) == (("id",), (), True)


def test_a_tree_of_fields_is_read_as_it_stands(tmp_path: Path) -> None:
    bills = load(
        tmp_path,
        HEAD + "    state: new | in use\n    m: [{id: integer?, c: {id: integer}}]\n    tags: [text]\n",
    )
    only_id = Object({"id": Scalar("integer")})
    assert dict(bills.fields) == {
        "id": Scalar("integer"),
        "updated_at": Scalar("timestamp"),
        "state": Scalar("text", ("new", "in use")),
        "m": List(Object({"id": Scalar("integer", nullable=True), "c": only_id})),
        "tags": List(Scalar("text")),
    }
    assert bills.fields_parameter == "id,updated_at,state,m{id,c},tags"


def test_notes_are_read_in_two_lists_into_one_table() -> None:
    notes = COLLECTIONS["notes"]
    assert [dict(part) for part in notes.parts] == [{"type": "Matter"}, {"type": "Contact"}]
    assert (notes.constants, notes.key, notes.replaced) == ((), ("id",), False)


def test_a_rate_for_london_and_one_for_elsewhere_are_two_rows() -> None:
    categories = COLLECTIONS["lauk_expense_categories"]
    assert [dict(part) for part in categories.parts] == [{"region": "London"}, {"region": "Non-London"}]
    assert categories.constants == ("_clio_list", "region")
    assert categories.key == ("region", "id")
    assert categories.replaced
    assert categories.order is None


@pytest.mark.parametrize(
    ("name", "parameter", "key", "singular", "merged_by_parent"),
    [
        ("contacts_phone_numbers", "contact_id", ("contact_id", "id"), "phone_number", False),
        (
            "conversation_messages",
            "conversation_id",
            ("conversation_id", "id"),
            "conversation_message",
            False,
        ),
        ("court_rules_jurisdictions_triggers", "jurisdiction_id", ("jurisdiction_id", "id"), None, False),
        ("documents_versions", "id", ("document_id", "id"), None, True),
        ("matters_contacts", "matter_id", ("matter_id", "id"), None, True),
    ],
)
def test_a_collection_below_a_parent_is_keyed_by_it_and_off_by_default(
    name: str, parameter: str, key: tuple[str, ...], singular: str | None, merged_by_parent: bool
) -> None:
    collection = COLLECTIONS[name]
    assert not collection.selected_by_default
    assert collection.read_per in COLLECTIONS
    assert (collection.parent_parameter, collection.key, collection.constants) == (parameter, key, key[:1])
    assert collection.merged_by_parent is merged_by_parent
    assert not collection.replaced
    assert singular in (collection.singular, None)


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("bills", "bill"),
        ("activities", "activity"),
        ("practice_areas", "practice_area"),
        ("court_rules_matter_dockets", "matter_docket"),
        ("currencies", "currency"),
    ],
)
def test_a_nested_table_names_its_record_in_the_singular(name: str, singular: str) -> None:
    assert COLLECTIONS[name].singular == singular


def test_every_collection_says_what_it_is_and_what_may_be_read_with_which_permission() -> None:
    for collection in COLLECTIONS.values():
        assert collection.about.endswith("."), collection.name
        assert collection.area, collection.name
        assert collection.cursor or collection.why, collection.name


def test_no_secret_is_asked_for() -> None:
    assert "shared_secret" in COLLECTIONS["webhooks"].left_out
    for collection in COLLECTIONS.values():
        assert "secret" not in collection.fields_parameter, collection.name
