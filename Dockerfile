FROM python:3.11-slim AS build
COPY pyproject.toml constraints.txt README.md LICENSE /src/
COPY src /src/src
# The wheel carries the corpus of `cueline demo`.
COPY examples /src/examples
# `train` is what `--teach` needs; the versions are those that the tests have seen.
RUN python -m venv /app && /app/bin/pip install --no-cache-dir \
  --constraint /src/constraints.txt "/src[serve,postgres,redis,train]"

FROM python:3.11-slim
COPY --from=build /app /app
RUN useradd --system --uid 10001 --create-home --home-dir /data cueline
USER cueline
WORKDIR /data
VOLUME /data
ENV PATH=/app/bin:$PATH OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 CUELINE_CACHE=/data/cache
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", \
  "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["cueline", "serve"]
CMD ["/policy", "--host", "0.0.0.0", "--keys", "/run/secrets/keys", "--store", "sqlite:/data/dialogues.db"]
