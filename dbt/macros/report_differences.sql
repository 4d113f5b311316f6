{#
    Why two of Clio's reports differ, as [{reports: (a, b), measure, reason, from, amount, where, month}]: report
    a less report b is the sum of its reasons, month by month. `from` is a step of clio_report_differences that
    holds what one of the two counts and the other does not, taken from the ledgers and not from the reports.
    What both count in other months stands twice: once in each month, with opposite signs.
#}
{% macro report_differences() %}
    {%- set fee_allocation = "component in ('fees', 'expenses', 'tax')" -%}
    {%- set revenue = "component in ('fees', 'expenses')" -%}
    {%- set found = [] -%}

    {%- for report in ['fee_allocation', 'billing_history'] -%}
        {%- set pair = (report, 'revenue') -%}
        {%- for reason in [
            ('billed', 'tax', 'lines', 'tax_amount', 'is_approved', 'issued_month'),
            ('billed', 'bills_without_matter', 'lines', 'net_amount', 'is_approved and matter_id is null', 'issued_month'),
            ('billed', 'past_state', 'lines', '-net_amount', 'not is_approved and matter_id is not null', 'issued_month'),
            ('billed', 'interest', 'interest', '-amount', 'matter_id is not null', 'charged_month'),
            ('collected', 'tax', 'cash', 'amount', "component = 'tax'", 'issued_month'),
            ('collected', 'bills_without_matter', 'cash', 'amount', revenue ~ ' and matter_id is null', 'issued_month'),
            ('collected', 'payment_date', 'cash', 'amount', revenue ~ ' and matter_id is not null', 'issued_month'),
            ('collected', 'payment_date', 'cash', '-amount', revenue ~ ' and matter_id is not null', 'settled_month'),
            ('collected', 'interest', 'cash', '-amount', "component = 'interest' and matter_id is not null", 'settled_month'),
            ('collected', 'past_state', 'voided', '-amount', 'matter_id is not null', 'settled_month'),
        ] -%}
            {%- do found.append((pair,) + reason) -%}
        {%- endfor -%}
    {%- endfor -%}

    {%- set pair = ('billing_history', 'revenue') -%}
    {%- for reason in [
        ('billed', 'interest', 'parts', 'due_amount', "component = 'interest'", 'issued_month'),
        ('billed', 'adjustment', 'parts', 'due_amount', "component = 'adjustment'", 'issued_month'),
        ('collected', 'interest', 'cash', 'amount', "component = 'interest'", 'issued_month'),
        ('collected', 'adjustment', 'cash', 'amount', "component = 'adjustment'", 'issued_month'),
        ('collected', 'overpayment', 'cash', 'amount', "component = 'overpayment'", 'issued_month'),
    ] -%}
        {%- do found.append((pair,) + reason) -%}
    {%- endfor -%}

    {%- set pair = ('fee_allocation', 'originating_attorney_revenue') -%}
    {%- for reason in [
        ('collected', 'bills_without_matter', 'cash', 'amount', fee_allocation ~ ' and matter_id is null', 'issued_month'),
        ('collected', 'no_originating_attorney', 'cash', 'amount',
            fee_allocation ~ ' and matter_id is not null and not is_originated', 'issued_month'),
        ('collected', 'payment_date', 'cash', 'amount', fee_allocation ~ ' and is_originated', 'issued_month'),
        ('collected', 'payment_date', 'cash', '-amount', fee_allocation ~ ' and is_originated', 'settled_month'),
        ('collected', 'interest', 'cash', '-amount', "component = 'interest' and is_originated", 'settled_month'),
        ('collected', 'past_state', 'voided', '-amount', 'is_originated', 'settled_month'),
        ('collected', 'allocation_rule', 'laid_out', 'amount',
            "component in ('fees', 'expenses', 'tax', 'secondary_tax', 'interest')", 'settled_month'),
    ] -%}
        {%- do found.append((pair,) + reason) -%}
    {%- endfor -%}

    {%- for kind in ['fees', 'expenses'] -%}
        {%- set measure = 'collected_' ~ kind -%}
        {%- set of_kind = "kind = '" ~ kind ~ "'" -%}
        {%- set untaxed = "component = '" ~ kind ~ "'" -%}
        {%- for reason in [
            ('bills_without_matter', 'cash', 'amount', of_kind ~ ' and matter_id is null', 'issued_month'),
            ('no_originating_attorney', 'cash', 'amount', of_kind ~ ' and matter_id is not null and not is_originated',
                'issued_month'),
            ('tax', 'cash', 'amount', of_kind ~ " and component = 'tax' and is_originated", 'issued_month'),
            ('payment_date', 'cash', 'amount', untaxed ~ ' and is_originated', 'issued_month'),
            ('payment_date', 'cash', '-amount', untaxed ~ ' and is_originated', 'settled_month'),
            ('allocation_rule', 'laid_out', 'amount', untaxed, 'settled_month'),
        ] -%}
            {%- do found.append((pair, measure) + reason) -%}
        {%- endfor -%}
    {%- endfor -%}

    {%- set pair = ('productivity_by_user', 'matter_productivity_by_user') -%}
    {%- set worked = 'unbilled_amount + billed_gross_amount' -%}
    {%- for reason in [
        ('work', 'discount', 'work', '-discount_amount', 'is_billable_matter', 'month_date'),
        ('work', 'non_billable_matters', 'work', '-(' ~ worked ~ ' + coalesce(non_billable_amount, 0))',
            'not is_billable_matter', 'month_date'),
        ('work', 'work_without_matter', 'work', worked, 'matter_id is null', 'month_date'),
    ] -%}
        {%- do found.append((pair,) + reason) -%}
    {%- endfor -%}

    {%- do found.append((
        ('productivity_by_user', 'productivity_by_client'), 'work', 'unbilled_work', 'work', 'unbilled_amount',
        'is_billable_matter', 'month_date',
    )) -%}

    {%- set receivable = ('accounts_receivable', 'accounts_receivable_aging') -%}
    {%- set summary = ('accounts_receivable', 'matter_balance_summary') -%}
    {%- set progress = ('work_in_progress', 'matter_balance_summary') -%}
    {%- for reason in [
        (receivable, 'receivable', 'interest', 'receivables', 'interest_amount', 'is_open', 'month_date'),
        (receivable, 'receivable', 'overpayment', 'receivables', 'principal_amount',
            'is_open and principal_amount < 0', 'month_date'),
        (receivable, 'receivable', 'overpayment', 'receivables', '-principal_amount',
            'not is_open and principal_amount > 0', 'month_date'),
        (summary, 'receivable', 'bills_without_matter', 'receivables', 'without_matter_amount', 'is_approved', 'month_date'),
        (summary, 'receivable', 'overpayment', 'receivables', '-(principal_amount + interest_amount)',
            'is_approved and not is_open', 'month_date'),
        (progress, 'work_in_progress', 'expenses', 'shelf', 'billable_amount', "kind = 'expenses'", 'month_date'),
        (progress, 'work_in_progress', 'non_billable_work', 'shelf', 'non_billable_amount', '1 = 1', 'month_date'),
        (progress, 'work_in_progress', 'work_without_matter', 'shelf', 'billable_amount',
            "kind = 'fees' and matter_id is null", 'month_date'),
    ] -%}
        {%- do found.append(reason) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
