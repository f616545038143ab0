# Builds, tests, shows and installs antares. `make demo` and `make test` each do all the set-up they need.
PREFIX ?= /usr/local
DESTDIR ?=
SCENES ?=
DOCUMENTS ?= 10000
DATASETS ?= 1000000
SOURCES = Sources Tests sql Package.swift

.PHONY: help demo test build install bench setup format lint clean

help:
	@echo 'make demo [SCENES=folder]   set up, build, map a simulated landscape or your own scenes'
	@echo 'make test                   set up, check the format, build, run every test'
	@echo 'make build                  set up and build .build/release/antares'
	@echo 'make install PREFIX=folder  program, datacube link, templates, completions, man page (default $(PREFIX))'
	@echo 'make bench [DATASETS=n]     times beside other programs on the same files, of an index, of jobs, of the service'
	@echo 'make format, make lint      write, or check, the source format'
	@echo 'make clean                  remove what was built and the demo output'

demo: build
	scripts/demo.sh $(if $(SCENES),"$(SCENES)")

test: setup lint
	scripts/test.sh

build: setup
	swift build -c release --product antares
	ln -sf antares .build/release/datacube
	ln -sf antares .build/release/datacube-search

install: build
	scripts/install.sh "$(DESTDIR)" "$(PREFIX)"

bench: build
	swift build -c release --product GDALFloor
	scripts/bench.sh
	scripts/bench-index.sh $(DOCUMENTS) $(DATASETS)
	scripts/bench-jobs.sh
	scripts/bench-service.sh

setup:
	scripts/setup.sh

format:
	swift format -i -r $(SOURCES)

lint:
	swift format lint -r --strict $(SOURCES)

clean:
	-scripts/demo.sh --stop
	rm -rf .build demo-output bench-output
