# The product without servers of its own: it wants DATABASE_URL, REDIS_URL and SECRET_KEY from outside.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements/base.txt /tmp/base.txt
RUN /venv/bin/pip install -r /tmp/base.txt

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin orderyard
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY orchestrator ./orchestrator
COPY apps ./apps
COPY locale ./locale
COPY templates ./templates
COPY static ./static
# The key only lets the settings load; it is not in the image's environment.
RUN SECRET_KEY=collecting-static-files python manage.py collectstatic --no-input
USER orderyard
EXPOSE 8000
CMD ["python", "-m", "orchestrator.webserver", "--host", "0.0.0.0", "--port", "8000", "--log-level", "info", "--access-log"]
