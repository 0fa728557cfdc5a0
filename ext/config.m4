dnl phpize, configure, make, make install, as for any extension. The code is Rust, so make
dnl drives Cargo (Makefile.frag); Cargo compiles the C files against the same php-config.

PHP_ARG_ENABLE([tusk],
  [whether to enable Tusk],
  [AS_HELP_STRING([--disable-tusk], [Leave Tusk out])],
  [yes])

if test "$PHP_TUSK" != "no"; then
  AC_PATH_PROG([CARGO], [cargo], [no])
  if test "$CARGO" = "no"; then
    AC_MSG_ERROR([cargo was not found. Tusk is written in Rust; on Debian 12: apt-get install rustc-web cargo-web])
  fi

  AC_MSG_CHECKING([for a Rust that is new enough])
  tusk_needed=`sed -n 's/^rust-version = "\(.*\)"/\1/p' "$abs_srcdir/../Cargo.toml"`
  tusk_found=`rustc --version | cut -d' ' -f2`
  tusk_lower=`printf '%s\n%s\n' "$tusk_needed" "$tusk_found" | sort -V | sed -n 1p`
  if test "$tusk_lower" != "$tusk_needed"; then
    AC_MSG_ERROR([Rust $tusk_found was found, $tusk_needed is needed])
  fi
  AC_MSG_RESULT([$tusk_found])

  PHP_SUBST([CARGO])
  PHP_SUBST([PHP_CONFIG])
  dnl What make builds and make install copies to the extension folder.
  PHP_MODULES="$PHP_MODULES \$(phplibdir)/tusk.so"
  PHP_ADD_MAKEFILE_FRAGMENT([$abs_srcdir/Makefile.frag], [$abs_srcdir], [$abs_builddir])
  PHP_ADD_BUILD_DIR([$abs_builddir])
fi
