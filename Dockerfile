# Footnote with its model and an index of data/documents, ready to answer without a network.
#
#   docker build -t footnote . && docker run -p 7860:7860 footnote
#
# Build arguments: BASE (a Debian-like image with Python 3.11 to 3.13, venv included),
# TORCH_INDEX and pip's own settings below, for networks with a mirror. None stays in the image.
ARG BASE=python:3.11-slim
FROM ${BASE}

# For scanned pages.
RUN apt-get update && apt-get install -y --no-install-recommends \
        tesseract-ocr tesseract-ocr-eng tesseract-ocr-spa && rm -rf /var/lib/apt/lists/*

RUN useradd -m -u 1000 user && mkdir /home/user/app && chown 1000:1000 /home/user/app
USER user
WORKDIR /home/user/app
ENV PATH=/home/user/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1

# Declared after the base, without values: each reaches install.sh only if it was given.
ARG TORCH_INDEX
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
ARG PIP_CERT
ARG PIP_PROXY

# The packages depend on three files, so that a change of code alone reuses this layer.
COPY --chown=1000:1000 pyproject.toml requirements.lock install.sh LICENSE NOTICE ./
RUN PIP_NO_CACHE_DIR=1 sh install.sh .venv

COPY --chown=1000:1000 . .
RUN footnote ingest

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
CMD ["footnote", "serve", "--host", "0.0.0.0", "--port", "7860"]
