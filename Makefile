.PHONY: help run check test lint bench docs audit sample clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Build, then make tables and scorecards of the sample data in ./store
	cargo run --release --quiet -- run

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

docs: ## Build the code's documentation
	cargo doc --release --no-deps --document-private-items

audit: ## Licences, sources and advisories of the dependencies (needs cargo-deny)
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; \
	else echo "cargo-deny is not installed; nothing was audited" >&2; exit 1; fi

sample: ## Write the sample data anew (invented figures, fixed seed)
	cargo run --release --quiet -- sample --scale province --seed 1 --out sample-data

clean: ## Remove what was made here
	rm -rf store target
