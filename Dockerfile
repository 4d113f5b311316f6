# Any pipeline, as a user without rights. Secrets come from the environment, never from a layer:
#   docker build -t clio --build-arg EXTRA=postgres .
#   docker run --env-file clio.env -v clio:/data clio pipelines/clio_to_postgres.py --deletions
FROM python:3.11-slim
ARG EXTRA=postgres
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY clio_source clio_source
RUN python -m pip install --no-cache-dir -c constraints.txt ".[$EXTRA]"
COPY pipelines pipelines
COPY .dlt/config.toml .dlt/config.toml
RUN useradd --create-home clio && mkdir /data && chown clio /data
USER clio
ENV DLT_DATA_DIR=/data/dlt
VOLUME /data
ENTRYPOINT ["python"]
CMD ["pipelines/clio_to_duckdb.py", "--database", "/data/warehouse.duckdb"]
