.PHONY: help run check test lint bench pictures docs static audit sample clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Build, then make tables and scorecards of the sample data in ./store, as pages, paper and workbooks
	cargo run --release --quiet -- run --set formats=html,pdf,xlsx

check: ## All that guards main
	.ci/run

test: ## Run every test
	cargo test --release

lint: ## Clippy with warnings denied, and the docs
	cargo clippy --release --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --document-private-items --quiet

bench: ## Time every stage beside its floor, on a province and a nation
	cargo build --release
	cargo bench --bench stages

pictures: ## Screenshots of every kind of page in target/pictures, to compare with those in tests/pictures
	WARDSCORE_REQUIRE_SERVERS=1 WARDSCORE_PICTURES=$(CURDIR)/target/pictures cargo test --release --test suite readers_find

docs: ## Build the code's documentation
	cargo doc --release --no-deps --document-private-items

# With musl's target and compiler at hand the binary needs nothing of the system; with glibc it is static too, but names of
# hosts are still resolved by the libraries of the machine that it runs on.
STATIC := $(shell rustup target list --installed 2>/dev/null | grep -q linux-musl && command -v musl-gcc >/dev/null \
	&& echo x86_64-unknown-linux-musl || echo x86_64-unknown-linux-gnu)
static: ## Build one static binary, for a server without a network
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --target $(STATIC)
	@echo "$${CARGO_TARGET_DIR:-target}/$(STATIC)/release/wardscore"

audit: ## Licences, sources and advisories of the dependencies (needs cargo-deny)
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; \
	else echo "cargo-deny is not installed; nothing was audited" >&2; exit 1; fi

sample: ## Write the sample data anew (invented figures, fixed seed)
	cargo run --release --quiet -- sample --scale province --seed 1 --out sample-data

clean: ## Remove what was made here
	rm -rf store target
