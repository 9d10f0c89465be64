/*
 * The physical limit: one process that accepts WebSocket upgrades and writes the same framed bytes
 * to every viewer at every tick. No protocol, no tokens, no log: epoll and write().
 *
 *   writer PORT FRAME_FILE TICK_MS   (FRAME_FILE: the bytes of a whole frame; `from` stays as it is)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 20000
static uint8_t ready[MOST + 64];
static int highest;

static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void leave(int fd) {
    ready[fd] = 0;
    close(fd);
}

static void accept_all(int listener, int poller) {
    int fd, one = 1, sndbuf = 32768;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= MOST) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof sndbuf);
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        if (fd > highest) highest = fd;
    }
}

int main(int argc, char **argv) {
    static char frame[1 << 20], input[65536];
    if (argc != 4) return 2;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    FILE *file = fopen(argv[2], "rb");
    if (!file) return 2;
    size_t length = fread(frame, 1, sizeof frame, file);
    fclose(file);
    int tick = atoi(argv[3]), one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(argv[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096)) return 1;
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[1024];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (int64_t next = now_ms() + tick;;) {
        int64_t left = next - now_ms();
        int found = epoll_wait(poller, events, 1024, left > 0 ? (int)left : 0);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                accept_all(listener, poller);
                continue;
            }
            ssize_t got = recv(fd, input, sizeof input, 0);
            if (got <= 0) {
                if (got == 0 || errno != EAGAIN) leave(fd);
            } else if (!ready[fd] && memmem(input, (size_t)got, "\r\n\r\n", 4)) {
                ready[fd] = send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0;
            }
        }
        if (now_ms() < next) continue;
        next += tick;
        for (int fd = 0; fd <= highest; fd++)
            if (ready[fd] && send(fd, frame, length, MSG_NOSIGNAL) != (ssize_t)length) leave(fd);
    }
}
