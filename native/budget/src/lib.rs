//! One limit on connections that several processes share: sixteen workers with pools of six
//! cannot take a hundred connections of a server that has sixty.
//!
//! The shares lie in a small table in shared memory (a file of /dev/shm), a line for each
//! process. Who wants one more connection counts the lines that belong to processes that live;
//! a worker that dies gives its share back by dying, however it dies. Nothing here waits: who
//! gets nothing asks again later, keeps its place in the order of asking, and those who have
//! more than they use are told so.
//!
//! The modules stand in reading order. No unsafe code is needed: the table is read and written
//! by calls, so that a file that somebody cuts short is an error and not a signal.

pub mod limits;

pub mod process;

pub mod table;

pub mod share;
