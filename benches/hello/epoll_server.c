/* The anchor of benches/hello and benches/sleepers: about the least that an HTTP hello
 * server can do with epoll. Level-triggered, one process, one read and one write a request,
 * keep-alive. It finds the end of the header and nothing else, and answers with the same
 * bytes as workerman, at once or after a delay that is the same for all. With `close` it ends
 * each connection after its answer, for clients that read until then (benches/clients.php).
 *
 * cc -O2 -o epoll_server epoll_server.c && ./epoll_server PORT [DELAY_MS [close]]
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 512, BUFFER = 16384, MAX_WAITING = 65536 };

static const char answer[] =
	"HTTP/1.1 200 OK\r\nServer: workerman\r\nConnection: keep-alive\r\n"
	"Content-Type: text/html;charset=utf-8\r\nContent-Length: 13\r\n\r\nHello, World!";

static int check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static int listen_on(int port)
{
	int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
	int on = 1;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
	check(bind(fd, (struct sockaddr *) &address, sizeof address), "bind");
	check(listen(fd, 1024), "listen");
	return fd;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_one(int epoll, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		int on = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		watch(epoll, fd);
	}
}

static bool close_after_answer;

static void reply(int fd)
{
	if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) != sizeof answer - 1 || close_after_answer) {
		close(fd);
	}
}

/* Requests that wait. The delay is the same for all, so the first to come is the first due
 * and a ring of them is all the timer there is. */
static struct {
	int fd;
	int64_t due_ms;
} waiting[MAX_WAITING];
static unsigned first, last;
static bool waits[MAX_WAITING];
static int delay_ms;

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void reply_to_due(void)
{
	int64_t now = first == last ? 0 : now_ms();
	for (; first != last && waiting[first % MAX_WAITING].due_ms <= now; first++) {
		int fd = waiting[first % MAX_WAITING].fd;
		waits[fd] = false;
		reply(fd);
	}
}

static int until_next(void)
{
	if (first == last) {
		return -1;
	}
	int64_t left = waiting[first % MAX_WAITING].due_ms - now_ms();
	return left > 0 ? (int) left : 0;
}

/* wrk sends a request only when it has the answer to the one before, so a request that
 * came whole is all there is in the buffer. A connection that ends while it waits is closed
 * by its reply, so that its number is not given to another before. */
static void serve(int epoll, int fd)
{
	char buffer[BUFFER];
	ssize_t length = recv(fd, buffer, sizeof buffer, 0);
	if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	if (waits[fd]) {
		epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
	} else if (length <= 0 || !memmem(buffer, (size_t) length, "\r\n\r\n", 4)) {
		close(fd);
	} else if (delay_ms == 0) {
		reply(fd);
	} else {
		waits[fd] = true;
		waiting[last % MAX_WAITING].fd = fd;
		waiting[last++ % MAX_WAITING].due_ms = now_ms() + delay_ms;
	}
}

int main(int argc, char **argv)
{
	int listener = listen_on(argc > 1 ? atoi(argv[1]) : 8788);
	delay_ms = argc > 2 ? atoi(argv[2]) : 0;
	close_after_answer = argc > 3 && strcmp(argv[3], "close") == 0;
	int epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	watch(epoll, listener);
	for (;;) {
		struct epoll_event events[MAX_EVENTS];
		int count = epoll_wait(epoll, events, MAX_EVENTS, until_next());
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener) {
				accept_one(epoll, listener);
			} else {
				serve(epoll, events[i].data.fd);
			}
		}
		reply_to_due();
	}
}
