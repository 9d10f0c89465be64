# One command each. PYTHON is used only to make .venv; PORT, HOST, HTTPS and RESET reach `make demo`.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
ARGS ?=
SITE_URL ?= $(if $(filter 1,$(HTTPS)),https,http)://localhost:$(or $(PORT),8000)

.DEFAULT_GOAL := help
.PHONY: help demo serve media test coverage test-faults lint format bench lock messages openapi \
	bench-room bench-compare bench-messages bench-reconnect bench-slow bench-uplink \
	bench-live bench-hls

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' Makefile

demo: ## a whole fair on http://localhost:8000 (PORT=, HOST=, HTTPS=1, RESET=1)
	@$(PYTHON) scripts/bootstrap.py
	@DEMO=1 SITE_URL=$(SITE_URL) exec $(BIN)/python manage.py demo

serve: ## production serving by the environment's settings (PROCESSES=, PORT=, HOST=; docs/deployment.md)
	@$(PYTHON) scripts/bootstrap.py
	@exec $(BIN)/python manage.py serve --port $(or $(PORT),8000) --host $(or $(HOST),127.0.0.1) $(if $(PROCESSES),--processes $(PROCESSES)) $(ARGS)

media: ## take pictures of OBS and switchers by RTMP, beside `make demo` or `make serve` (docs/media.md)
	@$(PYTHON) scripts/bootstrap.py
	@MEDIA_SERVER=$(or $(MEDIA_SERVER),nginx-rtmp) DEMO=$(or $(DEMO),$(if $(SECRET_KEY),0,1)) exec $(BIN)/python manage.py media $(ARGS)

test: ## every test: on SQLite, then the marked ones on PostgreSQL and Redis (ARGS="-k word")
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/python scripts/system_packages.py
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --both-databases $(ARGS)

coverage: ## the same, and what of the code it ran (ARGS="tests/livestream")
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term $(ARGS)"

test-faults: ## 50 kills of every server, Redis gone for a minute, 100,000 random frames, broadcasts (FAULTS=, REDIS_GONE_S=, FUZZ=)
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/python scripts/system_packages.py
	@FAULTS=$(or $(FAULTS),50) REDIS_GONE_S=$(or $(REDIS_GONE_S),60) FUZZ=$(or $(FUZZ),100000) \
		$(BIN)/python -m pytest tests/faults -n0 $(ARGS)

lint: ## types, style, imports, templates, scripts, sheets, migrations, translations (ARGS="ruff mypy")
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/python scripts/lint.py $(ARGS)

format: ## rewrite what a tool can put right
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/python scripts/lint.py --fix

bench: ## the short measurements, into benchmarks/RESULTS.md (ARGS="name")
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/python scripts/system_packages.py --bench
	@$(BIN)/python scripts/bench.py $(ARGS)

bench-room: ## one room at full size (VIEWERS=50000 RATE=20 SECONDS=30 PROCESSES=3 TLS=1)
bench-compare: ## the same room on stock Channels, nginx + nchan and bare C
bench-messages: ## messages accepted per second (WRITERS=4000 IN_FLIGHT=200)
bench-reconnect: ## everybody's return after kill -9 of every web process (VIEWERS=20000)
bench-slow: ## viewers who never read, among others (VIEWERS=2000 SLOW=500)
bench-uplink: ## arrivals and intents over a rented line (UPLINK_MBIT=100 DURATION=300)
bench-live: ## from camera to screen on every path, by a clock in the picture (PATHS=browser1,rtmp)
bench-hls: ## playlists and segments per second through nginx (KBIT=1500 SEGMENT=2)
bench-room bench-compare bench-messages bench-reconnect bench-slow bench-uplink bench-live bench-hls:
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/python scripts/system_packages.py --bench
	@$(BIN)/python scripts/bench.py $(@:bench-%=%)

lock: ## resolve requirements*.in and package.json again (ARGS=--upgrade)
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/uv pip compile requirements.in -o requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --quiet $(ARGS)
	@$(BIN)/uv pip compile requirements-dev.in -o requirements-dev.txt --universal --python-version 3.11 --generate-hashes --no-header --quiet $(ARGS)
	@$(BIN)/python scripts/npm.py install --package-lock-only

messages: ## bring the Chinese catalogue in line with the sources and compile it
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(BIN)/python scripts/messages.py update --prune

openapi: ## write docs/openapi.yaml after a wanted change of the REST API
	@$(PYTHON) scripts/bootstrap.py --dev
	@TESTING=1 $(BIN)/python manage.py spectacular --lang en --validate --fail-on-warn --file docs/openapi.yaml
