/* What a call's arguments name, and what can be asked of that (guard/key.c). */
#ifndef TUSK_GUARD_KEY_H
#define TUSK_GUARD_KEY_H

#include "guard/call.h"
#include "guard/guard.h"
#include "php_streams.h"

/* The record in which an object of an extension lies. */
const void *tusk_guard_record_of(const zend_object *object);

const void *tusk_key_this(zend_execute_data *execute_data);
const void *tusk_key_first(zend_execute_data *execute_data);
const void *tusk_key_word_of_this(zend_execute_data *execute_data);
const void *tusk_key_postgres(zend_execute_data *execute_data);
const void *tusk_key_redis(zend_execute_data *execute_data);
const void *tusk_key_redis_cluster(zend_execute_data *execute_data);
const void *tusk_key_pdo(zend_execute_data *execute_data);
const void *tusk_key_terminal(zend_execute_data *execute_data);
const void *tusk_key_sqlite(zend_execute_data *execute_data);
const void *tusk_key_sqlite_statement(zend_execute_data *execute_data);
const void *tusk_key_sqlite_result(zend_execute_data *execute_data);

extern const tusk_guard_kind tusk_guard_pdo_kind;
bool tusk_guard_sqlite_pending(const void *key);
/* The same of an object that nobody is calling; NULL where it is of no connection. */
const void *tusk_guard_sqlite_of_object(zend_object *object);
const void *tusk_guard_sqlite_of_statement(zend_object *object);
const void *tusk_guard_sqlite_of_result(zend_object *object);
const void *tusk_guard_pdo_of_object(zend_object *object);
const void *tusk_guard_pdo_of_statement(zend_object *object);
void tusk_guard_redis_broken(const void *record);
void tusk_guard_redis_stream_broken(const void *stream);
void tusk_guard_redis_cluster_broken(const void *record);
void tusk_guard_ftp_broken(const void *record);

extern int (*tusk_guard_pg_transaction_status)(const void *);
extern zend_class_entry *tusk_guard_pg_connection, *tusk_guard_pg_lob;
/* What functions without a connection argument use: the one opened last. */
extern const void *tusk_guard_pg_default;

#endif
