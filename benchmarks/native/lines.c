/* Non-blocking sockets to 127.0.0.1, plain or TLS. */
#define _GNU_SOURCE
#include "roomload.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

uint32_t chance(void) {
    static uint32_t state;
    if (!state) state = (uint32_t)(now_us() ^ ((int64_t)getpid() << 12)) | 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

int line_open(struct line *line, int port, uint32_t from_ip, int small_window, SSL_CTX *tls) {
    int one = 1, small = 4096;
    line->ssl = NULL;
    line->raw = 0;
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0) return LINE_GONE;
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(line->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (small_window) setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from_ip)};
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (bind(line->fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        (connect(line->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)) {
        line_close(line);
        return LINE_GONE;
    }
    if (tls) {
        line->ssl = SSL_new(tls);
        SSL_set_fd(line->ssl, line->fd);
        SSL_set_connect_state(line->ssl);
    }
    return 0;
}

int line_ready(struct line *line, int *want_write) {
    *want_write = 0;
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) return LINE_GONE;
    if (!line->ssl) return 1;
    ERR_clear_error();
    int result = SSL_do_handshake(line->ssl);
    if (result == 1) return 1;
    int reason = SSL_get_error(line->ssl, result);
    if (reason == SSL_ERROR_WANT_WRITE) *want_write = 1;
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : LINE_GONE;
}

int line_read(struct line *line, uint8_t *into, int size, uint64_t *wire) {
    if (!line->ssl) {
        ssize_t got = recv(line->fd, into, (size_t)size, 0);
        if (got > 0) {
            *wire += (uint64_t)got;
            return (int)got;
        }
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? LINE_AGAIN : LINE_GONE;
    }
    ERR_clear_error();
    int got = SSL_read(line->ssl, into, size);
    uint64_t raw = BIO_number_read(SSL_get_rbio(line->ssl));
    *wire += raw - line->raw;
    line->raw = raw;
    if (got > 0) return got;
    return SSL_get_error(line->ssl, got) == SSL_ERROR_WANT_READ ? LINE_AGAIN : LINE_GONE;
}

int line_more(struct line *line) { return line->ssl && SSL_has_pending(line->ssl); }

int line_write(struct line *line, const void *data, int length) {
    if (line->ssl) {
        ERR_clear_error();
        return SSL_write(line->ssl, data, length) == length ? 0 : LINE_GONE;
    }
    return send(line->fd, data, (size_t)length, MSG_NOSIGNAL) == length ? 0 : LINE_GONE;
}

void line_close(struct line *line) {
    if (line->ssl) SSL_free(line->ssl);
    line->ssl = NULL;
    if (line->fd >= 0) close(line->fd);
    line->fd = -1;
}
