/*
 * Load generator: very many viewers of one room, from a few processes with one epoll loop each.
 *
 *   roomload key=value …      (see `settings` below), then orders on standard input, one per line:
 *   go VIEWERS PER_SECOND     the first so many viewers shall be in the room
 *   post PER_SECOND IN_FLIGHT posters write at a rate, or (rate 0) keep so many messages unanswered
 *   measure on|off            messages posted in between are the measured ones
 *   reset                     forget the histograms
 *   stats                     print one line of JSON: sums over all processes since the start
 *   quit
 *
 * Each viewer does what the page does: Origin, hello with token, every entry exactly once, holes
 * read over HTTP, a played-time report a minute, reconnects with growing jittered pauses.
 */
#define _GNU_SOURCE
#include "roomload.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- settings --------------------------------------------------------------------------------- */
static int viewers = 100, children = 1, posters = 0, slow = 0;
static int compress_on = 1, watch = 1, watch_s = 60, raw = 0, heal = 1, tls = 0;
static int cooldown_ms = 2000, hello_ms = 12000, in_flight_connects = 400, verbose = 0;
static int64_t after = 0;
static const char *path = "/", *events_path = "", *page_path = "", *tokens_file = "";
static const char *origin = ""; /* empty: the server's own */
static const char *offer = "permessage-deflate; client_max_window_bits"; /* as Chromium does */
static int ports[64], port_count;

#define NUMBER(name) {#name, &name, NULL}
#define TEXT(name) {#name, NULL, &name}
static struct {
    const char *name;
    int *number;
    const char **text;
} settings[] = {
    NUMBER(viewers), NUMBER(children), NUMBER(posters), NUMBER(slow), NUMBER(watch),
    NUMBER(watch_s), NUMBER(raw), NUMBER(heal), NUMBER(tls), NUMBER(cooldown_ms),
    NUMBER(hello_ms), NUMBER(in_flight_connects), NUMBER(verbose),
    {"compress", &compress_on, NULL}, TEXT(path), TEXT(events_path), TEXT(page_path),
    TEXT(tokens_file), TEXT(origin), TEXT(offer),
};

static int set(char *word) {
    char *value = strchr(word, '=');
    if (!value) return 0;
    *value++ = 0;
    if (!strcmp(word, "after")) {
        after = atoll(value);
        return 1;
    }
    if (!strcmp(word, "ports")) {
        for (char *one = strtok(value, ","); one && port_count < 64; one = strtok(NULL, ","))
            ports[port_count++] = atoi(one);
        return port_count > 0;
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!strcmp(word, settings[i].name)) {
            if (settings[i].number) *settings[i].number = atoi(value);
            else *settings[i].text = value;
            return 1;
        }
    return 0;
}

/* --- one process ------------------------------------------------------------------------------ */
enum state { IDLE, PAGE, CONNECTING, UPGRADE, HELLO, OPEN, WAITING, FED, SLOW };

struct viewer {
    struct line line;
    uint8_t state, failures, compressed, joined;
    int32_t next, before; /* in its timer's slot */
    int32_t slot;         /* -1: no timer */
    int64_t due;          /* ms */
    int64_t last;         /* newest entry it has */
    int64_t reported; /* ms */
    uint32_t spread_ms;
    uint8_t *partial;
    uint32_t partial_length;
};

struct poster {
    int64_t posted;     /* µs, as written in the text; 0: nothing unanswered */
    int64_t sent, next; /* ms: when (re)sent, when it may write again */
    char client_id[37];
};

/* Reading a hole of one viewer, or a page before joining. */
struct job {
    struct line line;
    int viewer, tries, is_page, ready;
    int64_t low, high, due, started;
    char *answer;
    size_t length, capacity;
    struct job *next;
};

#define SLOTS 2048
#define SLOT_MS 50
#define JOBS 48
#define BUFFER (512 * 1024)
#define KIND_JOB (1ULL << 32)

struct figures *me;
struct orders *orders;
static struct figures *all_figures;
static int child, poller, count, opening, poster_count, unanswered, next_new, next_poster;
static struct viewer *crowd;
static struct poster *writers;
static int32_t slots[SLOTS];
static int64_t wheel_at; /* slot number that is due next */
static uint8_t *buffer;
static int64_t now_ms, head;
static struct job *ready_jobs, **ready_end = &ready_jobs, *later_jobs;
static struct job *active[JOBS];
static SSL_CTX *context;
static char **tokens;

static const char *phrases[] = {
    "焊工一天多少钱？", "请问夜班有补贴吗", "包吃住吗？宿舍几个人一间", "五十二岁还收不收",
    "下沙厂区有没有班车，早上几点到", "主播讲慢一点，没听清楚工资那一段", "需要健康证吗", "支持支持！",
    "我有三年数控车床经验，能不能直接面试", "试用期交社保吗？交几险", "两口子一起去可以安排一个厂吗",
    "普工多少钱一个小时，加班怎么算，一个月大概能拿多少",
};

static double share(double total) { return total / children; }
static double luck(void) { return chance() / 4294967296.0; }

/* --- timers: one per viewer, in a wheel of slots ---------------------------------------------- */
static void unset_timer(int index) {
    struct viewer *v = &crowd[index];
    if (v->slot < 0) return;
    if (v->before >= 0) crowd[v->before].next = v->next;
    else slots[v->slot] = v->next;
    if (v->next >= 0) crowd[v->next].before = v->before;
    v->slot = -1;
}

static void set_timer(int index, int64_t milliseconds) {
    struct viewer *v = &crowd[index];
    unset_timer(index);
    if (milliseconds > (SLOTS - 4) * SLOT_MS) milliseconds = (SLOTS - 4) * SLOT_MS;
    v->due = now_ms + milliseconds;
    int64_t number = v->due / SLOT_MS + 1;
    if (number < wheel_at) number = wheel_at;
    v->slot = (int32_t)(number % SLOTS);
    v->before = -1;
    v->next = slots[v->slot];
    if (v->next >= 0) crowd[v->next].before = index;
    slots[v->slot] = index;
}

static void watch_line(int fd, uint32_t events, uint64_t data, int operation) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    epoll_ctl(poller, operation, fd, &event);
}

/* --- frames out ------------------------------------------------------------------------------- */
static int send_frame(struct viewer *v, int opcode, const char *payload, int length) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    static uint8_t frame[4096];
    int start = 2;
    if (length > 4000) return LINE_GONE;
    frame[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) frame[1] = (uint8_t)(0x80 | length);
    else {
        frame[1] = 0x80 | 126;
        frame[2] = (uint8_t)(length >> 8);
        frame[3] = (uint8_t)length;
        start = 4;
    }
    memcpy(frame + start, mask, 4);
    start += 4;
    for (int i = 0; i < length; i++) frame[start + i] = (uint8_t)payload[i] ^ mask[i & 3];
    return line_write(&v->line, frame, start + length);
}

static void gone(int index);

static void say(int index, const char *text, int length) {
    if (send_frame(&crowd[index], 1, text, length) < 0) gone(index);
}

static void send_hello(int index) {
    struct viewer *v = &crowd[index];
    char text[2048];
    int64_t seen = v->joined ? v->last : head;
    v->joined = 1;
    v->last = seen;
    int length = snprintf(text, sizeof text,
                          "{\"type\":\"hello\",\"token\":\"%s\",\"after\":%lld,\"lang\":\"zh-hans\"}",
                          tokens[index], (long long)seen);
    v->state = HELLO;
    say(index, text, length);
}

static void send_report(int index, int starting) {
    struct viewer *v = &crowd[index];
    char text[128];
    double played = starting ? 0 : (double)(now_ms - v->reported) / 1000;
    v->reported = now_ms;
    int length = snprintf(text, sizeof text,
                          "{\"type\":\"watch\",\"kind\":\"media\",\"played\":%.1f,\"on\":true}", played);
    COUNT(watch_reports, 1);
    say(index, text, length);
}

static void send_post(int index) {
    struct poster *p = &writers[index];
    char text[512], mark[MARK_DIGITS + 3] = "";
    write_mark(mark, p->posted);
    const char *phrase = phrases[(uint64_t)p->posted % (sizeof phrases / sizeof *phrases)];
    int length = snprintf(text, sizeof text,
                          "{\"type\":\"message\",\"client_id\":\"%s\",\"text\":\"%s %s\"}",
                          p->client_id, mark, phrase);
    p->sent = now_ms;
    say(index, text, length);
}

static int measured(int64_t posted) {
    return posted >= orders->measure_from && posted < orders->measure_to && posted;
}

static int post_one(void) {
    for (int tried = 0; tried < poster_count; tried++) {
        int index = next_poster++ % poster_count;
        struct poster *p = &writers[index];
        if (crowd[index].state != OPEN || p->posted || now_ms < p->next) continue;
        p->posted = now_us();
        p->next = now_ms + cooldown_ms;
        snprintf(p->client_id, sizeof p->client_id, "%08x-%04x-4%03x-8%03x-%04x%08x", chance(),
                 chance() & 0xffff, chance() & 0xfff, chance() & 0xfff, chance() & 0xffff, chance());
        unanswered++;
        COUNT(all_posted, 1);
        if (measured(p->posted)) COUNT(posted, 1);
        send_post(index);
        return 1;
    }
    COUNT(starved, 1);
    return 0;
}

static void on_answer(int index, const char *text, size_t length, int accepted) {
    const char *at = memmem(text, length, "\"client_id\":\"", 13);
    struct poster *p = index < poster_count ? &writers[index] : NULL;
    if (!at || !p || !p->posted || at + 49 > text + length || memcmp(at + 13, p->client_id, 36)) {
        if (!accepted) {
            COUNT(errors, 1);
            if (verbose) fprintf(stderr, "%.*s\n", (int)length, text);
        }
        return;
    }
    int counts = measured(p->posted);
    if (accepted) {
        COUNT(all_acked, 1);
        if (counts) {
            COUNT(acked, 1);
            note(me->ack, (now_us() - p->posted) / 1000);
        }
    } else {
        COUNT(all_refused, 1);
        if (counts) COUNT(refused, 1);
        if (memmem(text, length, "rate_limited", 12)) COUNT(limited, 1);
        else if (verbose) fprintf(stderr, "%.*s\n", (int)length, text);
        int64_t wait = find_number(text, length, "\"retry_after\":", 2);
        p->next = now_ms + 1000 * wait;
    }
    p->posted = 0;
    unanswered--;
}

/* --- jobs: HTTP beside the socket ------------------------------------------------------------- */
static void queue_job(struct job *job, int64_t milliseconds) {
    job->due = now_ms + milliseconds;
    if (milliseconds <= 0) {
        job->next = NULL;
        *ready_end = job;
        ready_end = &job->next;
    } else {
        job->next = later_jobs;
        later_jobs = job;
    }
}

static struct job *new_job(int viewer, int is_page) {
    struct job *job = calloc(1, sizeof *job);
    job->viewer = viewer;
    job->is_page = is_page;
    job->line.fd = -1;
    return job;
}

static void read_hole(int index, int64_t low, int64_t high) {
    COUNT(holes, 1);
    if (!heal) {
        COUNT(missing, high - low + 1);
        return;
    }
    struct job *job = new_job(index, 0);
    job->low = low;
    job->high = high;
    queue_job(job, 1 + (int64_t)(luck() * crowd[index].spread_ms));
}

static int target_of(int index) { return (index * children + child) % port_count; }
static int port_of(int index) { return ports[target_of(index)]; }
static uint32_t ip_of(void) { return 0x7f000002u + (uint32_t)child; }

static void reset_job(struct job *job) {
    line_close(&job->line);
    free(job->answer);
    job->answer = NULL;
    job->length = job->capacity = 0;
    job->ready = 0;
}

static void retry_job(struct job *job) {
    reset_job(job);
    if (job->is_page) COUNT(page_failures, 1);
    else COUNT(refetch_failures, 1);
    if (++job->tries < 10) {
        queue_job(job, (int64_t)((500 << (job->tries < 5 ? job->tries : 5)) * (0.5 + luck())));
        return;
    }
    if (!job->is_page) COUNT(missing, job->high - job->low + 1);
    else crowd[job->viewer].state = IDLE;
    free(job);
}

static void begin(int index);

static void deliver(const struct entry *entry, int64_t at) {
    if (!measured(entry->posted)) return;
    COUNT(delivered, 1);
    note(me->latency, (at - entry->posted) / 1000);
}

/* A whole answer is there: take what it brings. Returns 1 when the job needs another page. */
static int read_log(struct job *job, const char *body, size_t length) {
    static struct tick found;
    static char *wrapped;
    static size_t wrapped_size;
    if (wrapped_size < length + 128) wrapped = realloc(wrapped, wrapped_size = 2 * length + 4096);
    const char *at = memmem(body, length, "\"events\":", 9);
    if (!at) return -1;
    int start = snprintf(wrapped, wrapped_size, "{\"from\":%lld,\"to\":%lld,", (long long)job->low,
                         (long long)INT64_MAX);
    memcpy(wrapped + start, at, (size_t)(body + length - at));
    parse_tick(wrapped, (size_t)start + (size_t)(body + length - at), &found);
    me->head = head;
    int64_t at_us = now_us(), low = job->low;
    for (int i = 0; i < found.count && low <= job->high; i++) {
        if (found.entries[i].seq > job->high) break;
        if (found.entries[i].seq < low) continue;
        COUNT(missing, found.entries[i].seq - low);
        low = found.entries[i].seq + 1;
        deliver(&found.entries[i], at_us);
    }
    if (low == job->low) return -1;
    job->low = low;
    return low <= job->high;
}

static void finish_job(struct job *job) {
    char *body = job->answer ? memmem(job->answer, job->length, "\r\n\r\n", 4) : NULL;
    if (!body || job->length < 12 || memcmp(job->answer + 8, " 200", 4)) {
        retry_job(job);
        return;
    }
    body += 4;
    if (job->is_page) {
        COUNT(pages, 1);
        note(me->page, now_ms - job->started);
        line_close(&job->line);
        begin(job->viewer);
    } else {
        int more = read_log(job, body, job->length - (size_t)(body - job->answer));
        if (more < 0) {
            retry_job(job);
            return;
        }
        if (more > 0) {
            reset_job(job);
            queue_job(job, 0);
            return;
        }
        COUNT(refetches, 1);
        line_close(&job->line);
    }
    free(job->answer);
    free(job);
}

static void start_job(struct job *job, int place) {
    job->started = now_ms;
    if (line_open(&job->line, port_of(job->viewer), ip_of(), 0, context) < 0) {
        retry_job(job);
        return;
    }
    active[place] = job;
    watch_line(job->line.fd, EPOLLOUT | EPOLLIN, KIND_JOB | (uint64_t)place, EPOLL_CTL_ADD);
}

static void on_job(int place) {
    struct job *job = active[place];
    if (!job) return;
    if (!job->ready) {
        int want_write, ready = line_ready(&job->line, &want_write);
        char request[600];
        if (ready == 0) {
            watch_line(job->line.fd, EPOLLIN | (want_write ? EPOLLOUT : 0), KIND_JOB | (uint64_t)place,
                       EPOLL_CTL_MOD);
            return;
        }
        int length;
        if (job->is_page)
            length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n", page_path);
        else
            length = snprintf(request, sizeof request, "GET %s?after=%lld&limit=500 HTTP/1.1\r\n",
                              events_path, (long long)job->low - 1);
        length += snprintf(request + length, sizeof request - (size_t)length,
                           "Host: 127.0.0.1:%d\r\nConnection: close\r\nAccept-Language: zh-CN\r\n"
                           "Accept-Encoding: gzip\r\nUser-Agent: roomload\r\n\r\n",
                           port_of(job->viewer));
        if (ready < 0 || line_write(&job->line, request, length) < 0) {
            active[place] = NULL;
            retry_job(job);
            return;
        }
        job->ready = 1;
        watch_line(job->line.fd, EPOLLIN, KIND_JOB | (uint64_t)place, EPOLL_CTL_MOD);
        return;
    }
    for (;;) {
        if (job->capacity < job->length + 65536)
            job->answer = realloc(job->answer, job->capacity = 2 * job->capacity + 131072);
        uint64_t wire = 0;
        int got = line_read(&job->line, (uint8_t *)job->answer + job->length, 65536, &wire);
        COUNT(page_bytes, wire);
        if (got == LINE_AGAIN) return;
        if (got < 0) break;
        job->length += (size_t)got;
    }
    active[place] = NULL;
    finish_job(job);
}

static void run_jobs(void) {
    static int64_t looked;
    if (later_jobs && now_ms - looked >= 100) {
        looked = now_ms;
        for (struct job **at = &later_jobs; *at;) {
            struct job *job = *at;
            if (job->due > now_ms) {
                at = &job->next;
                continue;
            }
            *at = job->next;
            queue_job(job, 0);
        }
    }
    for (int place = 0; place < JOBS && ready_jobs; place++) {
        if (active[place]) {
            if (now_ms - active[place]->started > 30000) {
                struct job *stuck = active[place];
                active[place] = NULL;
                retry_job(stuck);
            }
            continue;
        }
        struct job *job = ready_jobs;
        ready_jobs = job->next;
        if (!ready_jobs) ready_end = &ready_jobs;
        start_job(job, place);
    }
}

/* --- a viewer's life -------------------------------------------------------------------------- */
static int is_slow(int index) { return index * children + child >= viewers - slow; }

static void begin(int index) {
    struct viewer *v = &crowd[index];
    opening++;
    v->state = CONNECTING;
    COUNT(connects, 1);
    set_timer(index, hello_ms);
    if (line_open(&v->line, port_of(index), ip_of(), is_slow(index), context) < 0) {
        gone(index);
        return;
    }
    watch_line(v->line.fd, EPOLLOUT | EPOLLIN, (uint64_t)index, EPOLL_CTL_ADD);
}

static void arrive(int index) {
    if (!*page_path) {
        begin(index);
        return;
    }
    crowd[index].state = PAGE;
    queue_job(new_job(index, 1), 0);
}

static void gone(int index) {
    struct viewer *v = &crowd[index];
    if (v->state == WAITING || v->state == IDLE || v->state == FED) return;
    int64_t pause;
    line_close(&v->line);
    free(v->partial);
    v->partial = NULL;
    v->partial_length = 0;
    if (v->state == OPEN) {
        me->n[F_open]--;
        COUNT(drops, 1);
        pause = 200 + (int64_t)(luck() * v->spread_ms);
        v->failures = 0;
    } else if (v->state == SLOW) {
        COUNT(slow_gone, 1);
        pause = 1000 + (int64_t)(luck() * 4000);
    } else {
        opening--;
        COUNT(failures, 1);
        double most = 1000.0 * (1 << (v->failures < 5 ? v->failures : 5));
        pause = (int64_t)((most > 30000 ? 30000 : most) * (0.3 + 0.7 * luck()));
        if (v->failures < 255) v->failures++;
    }
    v->state = WAITING;
    set_timer(index, pause);
}

static void on_timer(int index) {
    struct viewer *v = &crowd[index];
    switch (v->state) {
    case WAITING:
        begin(index);
        return;
    case CONNECTING:
    case UPGRADE:
    case HELLO:
        gone(index);
        return;
    case OPEN:
        /* The first report says that it begins; the second comes at any time of the minute, as
         * among people who did not all come at once. */
        int starting = v->reported == 0;
        if (watch) send_report(index, starting);
        double seconds = watch_s * (starting ? luck() : 0.9 + 0.2 * luck());
        if (v->state == OPEN) set_timer(index, (int64_t)(1000 * seconds));
        return;
    default:
        return;
    }
}

static void turn_wheel(void) {
    for (; wheel_at * SLOT_MS <= now_ms; wheel_at++) {
        int32_t index;
        while ((index = slots[wheel_at % SLOTS]) >= 0) {
            unset_timer(index);
            on_timer(index);
        }
    }
}

static void follow(int index, const struct tick *tick, int64_t at) {
    struct viewer *v = &crowd[index];
    if (!tick->sound) COUNT(malformed, 1);
    if (raw && !v->joined) {
        v->last = tick->from - 1;
        v->joined = 1;
    }
    int64_t seen = v->last;
    if (tick->from > seen + 1) read_hole(index, seen + 1, tick->from - 1);
    if (tick->to > seen) v->last = tick->to;
    COUNT(left_out, tick->left_out);
    if (tick->from <= seen && tick->count) COUNT(overlaps, 1);
    for (int i = 0; i < tick->count; i++)
        if (tick->entries[i].seq > seen) deliver(&tick->entries[i], at);
}

static void welcomed(int index, const char *text, size_t length, int64_t at) {
    static struct tick tail;
    struct viewer *v = &crowd[index];
    if (v->state != HELLO) return;
    opening--;
    v->state = OPEN;
    v->failures = 0;
    COUNT(open, 1);
    const char *spread = memmem(text, length, "\"reconnect_spread_s\":", 21);
    v->spread_ms = spread ? (uint32_t)(1000 * strtod(spread + 21, NULL)) : 2000;
    if (parse_tick(text, length, &tail)) follow(index, &tail, at);
    v->reported = 0;
    set_timer(index, (int64_t)(luck() * (watch ? 5000 : 60000)));
    if (index < poster_count && writers[index].posted) {
        COUNT(resent, 1);
        send_post(index);
    }
}

static void on_text(int index, const uint8_t *data, size_t length, int compressed, int64_t at) {
    struct viewer *v = &crowd[index];
    if (v->state == OPEN) {
        const struct tick *tick = cached_tick(target_of(index), data, length, compressed);
        if (tick) {
            COUNT(frames, 1);
            COUNT(payload_bytes, tick->payload);
            if (tick->to > head) head = tick->to;
            follow(index, tick, at);
            return;
        }
    }
    COUNT(other_frames, 1);
    const char *text = (const char *)data;
    if (compressed) text = inflate_message(data, length, &length);
    if (!text || length < 10) return;
    if (!memcmp(text, "{\"type\":\"w", 10)) welcomed(index, text, length, at);
    else if (!memcmp(text, "{\"type\":\"a", 10)) on_answer(index, text, length, 1);
    else if (!memcmp(text, "{\"type\":\"e", 10)) on_answer(index, text, length, 0);
    else if (!memcmp(text, "{\"type\":\"r", 10)) {
        COUNT(told_reconnect, 1);
        v->spread_ms = (uint32_t)(1000 * find_number(text, length, "\"spread_s\":", 2));
        unset_timer(index);
        if (v->state == OPEN) gone(index);
    } else if (!memcmp(text, "{\"type\":\"f", 10)) {
        COUNT(to_feed, 1);
        if (v->state == OPEN) {
            gone(index);
            v->state = FED;
            unset_timer(index);
        }
    } else if (v->state != OPEN) COUNT(stray_frames, 1);
}

static void on_close(int index, const uint8_t *payload, size_t length) {
    int code = length >= 2 ? payload[0] << 8 | payload[1] : 1005;
    if (code == 4410) COUNT(close_slow, 1);
    else if (code == 1012) COUNT(close_restart, 1);
    else {
        COUNT(close_other, 1);
        if (verbose) fprintf(stderr, "closed %d\n", code);
    }
    gone(index);
}

/* Takes whole frames from the front; returns how many bytes it took. */
static size_t take_frames(int index, const uint8_t *data, size_t length) {
    struct viewer *v = &crowd[index];
    size_t at = 0;
    int64_t received = now_us();
    while (length - at >= 2 && (v->state == OPEN || v->state == HELLO)) {
        const uint8_t *frame = data + at;
        size_t payload = frame[1] & 0x7f, start = 2;
        if (payload == 126) {
            if (length - at < 4) break;
            payload = (size_t)(frame[2] << 8 | frame[3]);
            start = 4;
        } else if (payload == 127) {
            if (length - at < 10) break;
            payload = 0;
            for (int i = 2; i < 10; i++) payload = payload << 8 | frame[i];
            start = 10;
        }
        if (length - at < start + payload) break;
        at += start + payload;
        switch (frame[0] & 0x0f) {
        case 1:
            on_text(index, frame + start, payload, frame[0] & 0x40, received);
            break;
        case 8:
            on_close(index, frame + start, payload);
            return length;
        case 9:
            COUNT(pings, 1);
            if (send_frame(v, 10, (const char *)frame + start, (int)payload) < 0) gone(index);
            break;
        case 10:
            break;
        default:
            COUNT(malformed, 1);
        }
    }
    return v->state == OPEN || v->state == HELLO ? at : length;
}

static size_t take_upgrade(int index, const uint8_t *data, size_t length) {
    struct viewer *v = &crowd[index];
    const uint8_t *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) return 0;
    if (length < 12 || memcmp(data + 8, " 101", 4)) {
        if (verbose) fprintf(stderr, "%.*s\n", 60, (const char *)data);
        gone(index);
        return length;
    }
    v->compressed = memmem(data, (size_t)(end - data), "permessage-deflate", 18) != NULL;
    COUNT(compressed, v->compressed);
    if (raw) {
        opening--;
        v->state = OPEN;
        v->joined = 0;
        COUNT(open, 1);
        unset_timer(index);
    } else {
        send_hello(index);
        if (is_slow(index) && v->state == HELLO) {
            opening--;
            v->state = SLOW;
            unset_timer(index);
            watch_line(v->line.fd, EPOLLRDHUP, (uint64_t)index, EPOLL_CTL_MOD);
            return length;
        }
    }
    return (size_t)(end + 4 - data);
}

static void take(int index, uint8_t *data, size_t length) {
    struct viewer *v = &crowd[index];
    size_t taken = 0;
    if (v->state == UPGRADE) taken = take_upgrade(index, data, length);
    if (v->state == OPEN || v->state == HELLO)
        taken += take_frames(index, data + taken, length - taken);
    if (v->line.fd < 0 || taken >= length) {
        if (v->partial) free(v->partial);
        v->partial = NULL;
        v->partial_length = 0;
        return;
    }
    uint32_t left = (uint32_t)(length - taken);
    uint8_t *kept = malloc(left);
    memcpy(kept, data + taken, left);
    free(v->partial);
    v->partial = kept;
    v->partial_length = left;
}

static void send_upgrade(int index) {
    struct viewer *v = &crowd[index];
    char request[1200], own[64];
    int port = port_of(index);
    snprintf(own, sizeof own, "%s://127.0.0.1:%d", tls ? "https" : "http", port);
    int length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nPragma: no-cache\r\n"
        "Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (Linux; Android 12; V2131A) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.141 Mobile Safari/537.36\r\n"
        "Upgrade: websocket\r\nOrigin: %s\r\nSec-WebSocket-Version: 13\r\n"
        "Accept-Encoding: gzip, deflate\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
        path, port, *origin ? origin : own, compress_on ? "Sec-WebSocket-Extensions: " : "",
        compress_on ? offer : "", compress_on ? "\r\n" : "");
    v->state = UPGRADE;
    if (line_write(&v->line, request, length) < 0) {
        gone(index);
        return;
    }
    watch_line(v->line.fd, EPOLLIN | EPOLLRDHUP, (uint64_t)index, EPOLL_CTL_MOD);
}

static void on_viewer(int index, uint32_t events) {
    struct viewer *v = &crowd[index];
    if (v->line.fd < 0) return;
    if (v->state == CONNECTING) {
        int want_write, ready = line_ready(&v->line, &want_write);
        if (ready < 0) gone(index);
        else if (ready) send_upgrade(index);
        else
            watch_line(v->line.fd, EPOLLIN | (want_write ? EPOLLOUT : 0), (uint64_t)index,
                       EPOLL_CTL_MOD);
        return;
    }
    if (v->state == SLOW) {
        if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) gone(index);
        return;
    }
    do {
        size_t had = v->partial_length;
        if (had) memcpy(buffer, v->partial, had);
        uint64_t wire = 0;
        int got = line_read(&v->line, buffer + had, (int)(BUFFER - had), &wire);
        COUNT(bytes, wire);
        if (got == LINE_AGAIN) return;
        if (got < 0) {
            gone(index);
            return;
        }
        take(index, buffer, had + (size_t)got);
    } while (v->line.fd >= 0 && line_more(&v->line));
}

/* --- the loop --------------------------------------------------------------------------------- */
static void post_due(double seconds) {
    static double credit;
    static int64_t looked;
    if (!poster_count) return;
    if (orders->post_rate > 0) {
        credit += seconds * share(orders->post_rate);
        if (credit > 50) credit = 50;
        for (; credit >= 1; credit--) post_one();
    } else {
        int most = (int)ceil(share(orders->post_in_flight));
        while (unanswered < most && post_one());
    }
    if (now_ms - looked < 1000) return;
    looked = now_ms;
    for (int index = 0; index < poster_count; index++) {
        struct poster *p = &writers[index];
        if (p->posted && crowd[index].state == OPEN && now_ms - p->sent > 10000) {
            COUNT(resent, 1);
            send_post(index);
        }
    }
}

static void let_in(double seconds) {
    static double credit;
    credit += seconds * share(orders->connect_rate);
    double most = share(orders->connect_rate) * 0.2 + 1;
    if (credit > most) credit = most;
    while (credit >= 1 && next_new < count && next_new * children + child < orders->viewers &&
           opening < in_flight_connects) {
        arrive(next_new++);
        credit--;
    }
}

static void run(void) {
    static struct epoll_event events[1024];
    int64_t before = now_us();
    now_ms = before / 1000;
    wheel_at = now_ms / SLOT_MS;
    while (!orders->quit) {
        int64_t now = now_us();
        double seconds = (double)(now - before) / 1e6;
        before = now;
        now_ms = now / 1000;
        turn_wheel();
        let_in(seconds);
        post_due(seconds);
        run_jobs();
        me->head = head;
        int found = epoll_wait(poller, events, 1024, 10);
        now_ms = now_us() / 1000;
        for (int i = 0; i < found; i++) {
            uint64_t data = events[i].data.u64;
            if (data & KIND_JOB) on_job((int)(uint32_t)data);
            else on_viewer((int)data, events[i].events);
        }
        /* Frames come in bursts: gather a few, so that neither side pays a wake-up for each. */
        if (found > 0 && found < 256 && count > 200) usleep(2000);
    }
}

static void read_tokens(void) {
    FILE *file = fopen(tokens_file, "r");
    char *line = NULL;
    size_t size = 0;
    tokens = calloc((size_t)count + 1, sizeof *tokens);
    for (int number = 0; file && getline(&line, &size, file) > 0; number++) {
        if (number % children != child || number / children >= count) continue;
        line[strcspn(line, "\r\n")] = 0;
        tokens[number / children] = strdup(line);
    }
    for (int i = 0; i < count; i++)
        if (!tokens[i]) tokens[i] = "";
    free(line);
    if (file) fclose(file);
}

static void be_child(int number) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    child = number;
    me = &all_figures[number];
    count = (viewers - child + children - 1) / children;
    poster_count = (posters - child + children - 1) / children;
    if (poster_count > count) poster_count = count;
    if (poster_count < 0) poster_count = 0;
    head = after;
    buffer = malloc(BUFFER + 65536);
    crowd = calloc((size_t)count + 1, sizeof *crowd);
    writers = calloc((size_t)poster_count + 1, sizeof *writers);
    for (int i = 0; i < count; i++) {
        crowd[i].line.fd = -1;
        crowd[i].slot = -1;
        crowd[i].spread_ms = 2000;
    }
    memset(slots, 0xff, sizeof slots);
    read_tokens();
    if (tls) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(context, 1);
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    run();
    _exit(0);
}

/* --- the parent ------------------------------------------------------------------------------- */
static int64_t percentile(const uint64_t *sums, double part) {
    uint64_t total = 0, so_far = 0;
    for (int i = 0; i <= HIST_MS; i++) total += sums[i];
    for (int i = 0; i <= HIST_MS; i++) {
        so_far += sums[i];
        if (total && (double)so_far >= part * (double)total) return i;
    }
    return -1;
}

static void print_histogram(const char *name, size_t offset) {
    static uint64_t sums[HIST_MS + 1];
    memset(sums, 0, sizeof sums);
    for (int c = 0; c < children; c++) {
        const uint64_t *from = (const uint64_t *)((const char *)&all_figures[c] + offset);
        for (int i = 0; i <= HIST_MS; i++) sums[i] += from[i];
    }
    printf(",\"%s_p50_ms\":%lld,\"%s_p95_ms\":%lld,\"%s_p99_ms\":%lld,\"%s_max_ms\":%lld", name,
           (long long)percentile(sums, .5), name, (long long)percentile(sums, .95), name,
           (long long)percentile(sums, .99), name, (long long)percentile(sums, 1));
}

static void print_stats(void) {
    int64_t present = 0, playing = 0, newest = 0;
    uint64_t least_open = UINT64_MAX;
    printf("{\"at_us\":%lld", (long long)now_us());
#define X(name)                                                                                 \
    {                                                                                           \
        uint64_t sum = 0;                                                                       \
        for (int c = 0; c < children; c++) sum += all_figures[c].n[F_##name];                   \
        printf(",\"%s\":%llu", #name, (unsigned long long)sum);                                 \
    }
    FIGURES(X)
#undef X
    for (int c = 0; c < children; c++) {
        if (all_figures[c].present > present) present = all_figures[c].present;
        if (all_figures[c].playing > playing) playing = all_figures[c].playing;
        if (all_figures[c].head > newest) newest = all_figures[c].head;
        if (all_figures[c].n[F_open] < least_open) least_open = all_figures[c].n[F_open];
    }
    print_histogram("latency", offsetof(struct figures, latency));
    print_histogram("ack", offsetof(struct figures, ack));
    print_histogram("page", offsetof(struct figures, page));
    printf(",\"present\":%lld,\"playing\":%lld,\"head\":%lld}\n", (long long)present,
           (long long)playing, (long long)newest);
    fflush(stdout);
}

static void obey(char *order) {
    double first = 0, second = 0;
    if (sscanf(order, "go %lf %lf", &first, &second) == 2) {
        orders->connect_rate = second;
        orders->viewers = (int)first;
    } else if (sscanf(order, "post %lf %lf", &first, &second) == 2) {
        orders->post_rate = first;
        orders->post_in_flight = (int)second;
    } else if (!strncmp(order, "measure on", 10)) {
        orders->measure_to = INT64_MAX;
        orders->measure_from = now_us();
    } else if (!strncmp(order, "measure off", 11)) {
        orders->measure_to = now_us();
    } else if (!strncmp(order, "reset", 5)) {
        for (int c = 0; c < children; c++) {
            memset(all_figures[c].latency, 0, sizeof all_figures[c].latency);
            memset(all_figures[c].ack, 0, sizeof all_figures[c].ack);
            memset(all_figures[c].page, 0, sizeof all_figures[c].page);
        }
    } else if (!strncmp(order, "stats", 5)) print_stats();
    else if (!strncmp(order, "quit", 4)) orders->quit = 1;
    else fprintf(stderr, "roomload: unknown order %s", order);
}

static void *shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("roomload: mmap");
        exit(1);
    }
    return memory;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!set(argv[i])) {
            fprintf(stderr, "roomload: unknown setting %s\n", argv[i]);
            return 2;
        }
    if (!port_count || children < 1) {
        fprintf(stderr, "roomload: ports= is missing\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    orders = shared(sizeof *orders);
    orders->measure_from = INT64_MAX;
    all_figures = shared((size_t)children * sizeof *all_figures);
    for (int number = 0; number < children; number++) {
        pid_t pid = fork();
        if (pid < 0) {
            perror("roomload: fork");
            return 1;
        }
        if (!pid) be_child(number);
    }
    char line[256];
    while (!orders->quit && fgets(line, sizeof line, stdin)) obey(line);
    orders->quit = 1;
    while (wait(NULL) > 0);
    return 0;
}
