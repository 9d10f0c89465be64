/* What the parts of the load generator share: figures in shared memory, parsed ticks, sockets. */
#ifndef ROOMLOAD_H
#define ROOMLOAD_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

/* --- figures ----------------------------------------------------------------------------------
 * One block per child process, written by it alone, summed by the parent. */
#define FIGURES(X)                                                                              \
    X(open)             /* viewers that are welcomed now */                                     \
    X(connects)         /* sockets opened, with all reconnects */                               \
    X(failures)         /* connects, upgrades or hellos that came to nothing */                 \
    X(drops)            /* welcomed viewers whose socket ended */                               \
    X(frames)           /* ticks received (one per viewer and tick) */                          \
    X(other_frames)     /* welcomes, answers, pings … */                                        \
    X(bytes)            /* received on sockets, framing and TLS included, TCP/IP not */         \
    X(delivered)        /* measured messages × viewers that got them */                         \
    X(left_out)         /* entries a tick left out on purpose × viewers */                      \
    X(overlaps)         /* ticks that began before what the viewer had */                       \
    X(malformed)        /* ticks whose events are not from…to less left_out */                  \
    X(holes)            /* times a tick began after what the viewer had */                      \
    X(refetches)        /* holes read over HTTP */                                              \
    X(refetch_failures) /* reads tried again */                                                 \
    X(missing)          /* entries a viewer could not get in any way */                         \
    X(posted)           /* measured messages sent, retries not counted */                       \
    X(acked)            /* of these, acknowledged */                                            \
    X(refused)          /* of these, answered with an error */                                  \
    X(limited)          /* errors rate_limited among all answers */                             \
    X(all_posted)       /* the same three for everything ever sent */                           \
    X(all_acked)                                                                                \
    X(all_refused)                                                                              \
    X(resent)           /* messages sent again after a drop or without an answer */             \
    X(starved)          /* posts that found nobody who may write now */                         \
    X(watch_reports)                                                                            \
    X(pings)            /* answered protocol pings */                                           \
    X(errors)           /* error frames without a client_id */                                  \
    X(to_feed)          /* viewers told to follow the feed */                                   \
    X(told_reconnect)                                                                           \
    X(close_slow)       /* closes 4410 */                                                       \
    X(close_restart)    /* closes 1012 */                                                       \
    X(close_other)                                                                              \
    X(slow_gone)        /* viewers who never read and were cut off */                           \
    X(pages)            /* pages read before joining */                                         \
    X(page_failures)                                                                            \
    X(page_bytes)       /* and other HTTP */                                                    \
    X(compressed)       /* viewers whose socket agreed on permessage-deflate, ever */           \
    X(payload_bytes)    /* size of received ticks as they are after inflating */                \
    X(stray_frames)     /* data frames before a welcome */

enum {
#define X(name) F_##name,
    FIGURES(X)
#undef X
        FIGURE_COUNT
};

#define HIST_MS 60000
struct figures {
    uint64_t n[FIGURE_COUNT];
    uint64_t latency[HIST_MS + 1]; /* ms from posting to receipt, one per delivery */
    uint64_t ack[HIST_MS + 1];     /* ms from posting to acknowledgement */
    uint64_t page[HIST_MS + 1];    /* ms per page */
    int64_t present, playing;      /* from the newest tick */
    int64_t head;                  /* newest seq seen */
};

/* Orders of the parent, read by every child a hundred times a second. */
struct orders {
    volatile int quit;
    volatile int viewers;         /* the first so many shall be in the room */
    volatile double connect_rate; /* per second, all children together */
    volatile double post_rate;    /* messages per second, all children together */
    volatile int post_in_flight;  /* instead of a rate: so many unanswered at any time */
    volatile int64_t measure_from, measure_to; /* µs since 1970, of posting */
};

extern struct figures *me;
extern struct orders *orders;
#define COUNT(name, by) (me->n[F_##name] += (uint64_t)(by))

/* --- ticks ------------------------------------------------------------------------------------ */
struct entry {
    int64_t seq;
    int64_t posted; /* µs since 1970 written in its text, 0: not one of ours */
};

struct tick {
    int64_t from, to, left_out;
    size_t payload; /* bytes of JSON */
    int count;      /* entries */
    int sound;      /* their numbers are rising, and as many as from…to less left_out */
    struct entry *entries;
    int capacity;
};

/* Parses JSON text with `from`, `to`, `events`. Returns 0 when it is no such thing. */
int parse_tick(const char *text, size_t length, struct tick *out);

/* A tick by the bytes of its frame: parsed (and inflated) once per process, however many viewers
 * get it. `source` tells frames of different servers apart. NULL: not a tick. */
const struct tick *cached_tick(int source, const uint8_t *payload, size_t length, int compressed);

/* Inflates a message compressed without context takeover; the text is valid until the next call. */
const char *inflate_message(const uint8_t *data, size_t length, size_t *out_length);

#define MARK "t~"
#define MARK_DIGITS 14
void write_mark(char *out, int64_t posted_us);

int64_t find_number(const char *text, size_t length, const char *name, int64_t missing);
void note(uint64_t *histogram, int64_t milliseconds);

/* --- sockets, plain or TLS -------------------------------------------------------------------- */
struct line {
    int fd;
    SSL *ssl;
    uint64_t raw; /* bytes of TLS counted so far */
};

enum { LINE_AGAIN = -1, LINE_GONE = -2 };

int line_open(struct line *line, int port, uint32_t from_ip, int small_window, SSL_CTX *tls);
/* 1: ready, 0: not yet (sets *want_write), LINE_GONE. Call until 1. */
int line_ready(struct line *line, int *want_write);
int line_read(struct line *line, uint8_t *into, int size, uint64_t *wire);
int line_more(struct line *line); /* TLS holds decrypted or unread bytes that epoll does not see */
int line_write(struct line *line, const void *data, int length);
void line_close(struct line *line);

int64_t now_us(void);
uint32_t chance(void); /* xorshift; per process */

#endif
