/* One session per process, one coroutine per session (CONTRACT 4). */
#ifndef TUSK_SESSION_H
#define TUSK_SESSION_H

/* MINIT, and again at RINIT for an ext/session that was loaded later; MSHUTDOWN. */
void tusk_session_startup(void);
void tusk_session_shutdown(void);

#endif
