# Firnline for CPUs. One image serves the app, the batch, and the scheduler and workers of a Dask cluster.
FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_TORCH_BACKEND=cpu

# GDAL inside rasterio's wheel looks for the system's expat, which the slim image lacks.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libexpat1 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 firnline \
    && useradd --uid 10001 --gid firnline --create-home firnline \
    && install --directory --owner firnline --group firnline /data

WORKDIR /app
COPY requirements.txt requirements-cluster.txt ./
# The requirements are locked; uv alone knows how to take the CPU's build of PyTorch.
RUN pip install --no-cache-dir "uv==0.9.*" \
    && uv pip install --system --requirement requirements.txt --requirement requirements-cluster.txt
COPY . .

# Dask's workers import Firnline wherever they are started from.
ENV PYTHONPATH=/app \
    FIRNLINE_DATA=/data
VOLUME /data
USER 10001:10001
EXPOSE 8501

# Any address of the container: which one of the host leads here is the host's to say (compose.yaml: 127.0.0.1).
CMD ["python", "-m", "streamlit", "run", "streamlit_app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
