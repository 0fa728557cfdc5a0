/* Replaces the handlers of PHP functions that wait (and of exit()), and puts them back at the end.
 *
 * This happens while modules start, because the JIT copies handlers into what it
 * compiles. A function that is missing (disabled, or an extension that is not there)
 * is left out. Each replacement asks first whether it may suspend, and makes PHP's own
 * call if not.
 */
#include "function/function.h"

zif_handler tusk_php_handler[TUSK_FN_COUNT];

static const struct {
	const char *name;
	zif_handler handler;
} replacements[TUSK_FN_COUNT] = {
	[TUSK_FN_SLEEP] = {"sleep", tusk_fn_sleep},
	[TUSK_FN_USLEEP] = {"usleep", tusk_fn_usleep},
	[TUSK_FN_TIME_NANOSLEEP] = {"time_nanosleep", tusk_fn_time_nanosleep},
	[TUSK_FN_TIME_SLEEP_UNTIL] = {"time_sleep_until", tusk_fn_time_sleep_until},
	[TUSK_FN_STREAM_SELECT] = {"stream_select", tusk_fn_stream_select},
	[TUSK_FN_GETHOSTBYNAME] = {"gethostbyname", tusk_fn_gethostbyname},
	[TUSK_FN_GETHOSTBYNAMEL] = {"gethostbynamel", tusk_fn_gethostbynamel},
	[TUSK_FN_FCLOSE] = {"fclose", tusk_fn_fclose},
	[TUSK_FN_FREAD] = {"fread", tusk_fn_fread},
	[TUSK_FN_FGETS] = {"fgets", tusk_fn_fgets},
	[TUSK_FN_FGETC] = {"fgetc", tusk_fn_fgetc},
	[TUSK_FN_FGETCSV] = {"fgetcsv", tusk_fn_fgetcsv},
	[TUSK_FN_FSCANF] = {"fscanf", tusk_fn_fscanf},
	[TUSK_FN_FPASSTHRU] = {"fpassthru", tusk_fn_fpassthru},
	[TUSK_FN_STREAM_GET_LINE] = {"stream_get_line", tusk_fn_stream_get_line},
	[TUSK_FN_STREAM_GET_CONTENTS] = {"stream_get_contents", tusk_fn_stream_get_contents},
	[TUSK_FN_STREAM_COPY_TO_STREAM] = {"stream_copy_to_stream", tusk_fn_stream_copy_to_stream},
	[TUSK_FN_MAIL] = {"mail", tusk_fn_mail},
	[TUSK_FN_POPEN] = {"popen", tusk_fn_popen},
	[TUSK_FN_ARRAY_MULTISORT] = {"array_multisort", tusk_fn_array_multisort},
#if PHP_VERSION_ID >= 80400
	[TUSK_FN_EXIT] = {"exit", tusk_fn_exit},
	[TUSK_FN_DIE] = {"die", tusk_fn_die},
#endif
};

void tusk_function_startup(void)
{
	for (int fn = 0; fn < TUSK_FN_COUNT; fn++) {
		zend_internal_function *function = tusk_internal_function(CG(function_table), replacements[fn].name);
		if (function) {
			tusk_php_handler[fn] = function->handler;
			function->handler = replacements[fn].handler;
		}
	}
}

void tusk_function_shutdown(void)
{
	for (int fn = 0; fn < TUSK_FN_COUNT; fn++) {
		zend_internal_function *function = tusk_internal_function(CG(function_table), replacements[fn].name);
		/* Whoever replaced ours later calls it still, and must find it gone itself. */
		if (function && function->handler == replacements[fn].handler) {
			function->handler = tusk_php_handler[fn];
		}
	}
}
