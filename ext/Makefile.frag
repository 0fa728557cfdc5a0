# Cargo knows what is to be built anew, so it is always asked.
TUSK_BUILD ?= $(top_builddir)/target

$(phplibdir)/tusk.so: tusk-cargo
	@mkdir -p $(phplibdir)
	cp $(TUSK_BUILD)/release/libtusk.so $(phplibdir)/tusk.so.new
	mv $(phplibdir)/tusk.so.new $@

tusk-cargo:
	cd $(top_srcdir)/.. && PHP_CONFIG=$(PHP_CONFIG) $(CARGO) build --release --locked --package tusk --target-dir $(abspath $(TUSK_BUILD))

clean: tusk-clean
tusk-clean:
	rm -rf $(TUSK_BUILD)

.PHONY: tusk-cargo tusk-clean
