/* Reading ticks: parsed once per process and frame, then compared as bytes. */
#define _GNU_SOURCE
#include "roomload.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define KEPT 8      /* frames remembered per server */
#define SOURCES 64  /* servers */
#define LARGEST (4 << 20)

struct cached {
    uint8_t *bytes;
    size_t length, capacity;
    struct tick tick;
};

static struct cached cache[SOURCES][KEPT];
static int newest[SOURCES];

void note(uint64_t *histogram, int64_t milliseconds) {
    if (milliseconds < 0) milliseconds = 0;
    histogram[milliseconds > HIST_MS ? HIST_MS : milliseconds]++;
}

int64_t find_number(const char *text, size_t length, const char *name, int64_t missing) {
    const char *at = memmem(text, length, name, strlen(name));
    return at ? strtoll(at + strlen(name), NULL, 10) : missing;
}

/* The time of posting is written in letters: digits might look like a phone number. */
void write_mark(char *out, int64_t posted_us) {
    memcpy(out, MARK, 2);
    for (int digit = 0; digit < MARK_DIGITS; digit++)
        out[2 + digit] = (char)('a' + ((posted_us >> (4 * (MARK_DIGITS - 1 - digit))) & 15));
}

static int64_t read_mark(const char *at, const char *end) {
    if (end - at < 2 + MARK_DIGITS) return 0;
    int64_t value = 0;
    for (int digit = 0; digit < MARK_DIGITS; digit++) {
        int nibble = at[2 + digit] - 'a';
        if (nibble < 0 || nibble > 15) return 0;
        value = value << 4 | nibble;
    }
    return value;
}

static void add_entry(struct tick *out, int64_t seq) {
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? 2 * out->capacity : 32;
        out->entries = realloc(out->entries, (size_t)out->capacity * sizeof *out->entries);
    }
    out->entries[out->count++] = (struct entry){.seq = seq};
}

int parse_tick(const char *text, size_t length, struct tick *out) {
    const char *end = text + length;
    const char *at = memmem(text, length, "\"events\":[", 10);
    out->from = find_number(text, length, "\"from\":", -1);
    out->to = find_number(text, length, "\"to\":", -1);
    out->left_out = find_number(text, length, "\"left_out\":", 0);
    out->count = 0;
    out->payload = length;
    if (!at || out->from < 0 || out->to < 0) return 0;
    out->sound = 1;
    int64_t before = out->from - 1;
    while ((at = memmem(at, (size_t)(end - at), "\"seq\":", 6))) {
        int64_t seq = strtoll(at + 6, NULL, 10);
        if (seq <= before || seq > out->to) out->sound = 0;
        before = seq;
        add_entry(out, seq);
        at += 6;
        const char *next = memmem(at, (size_t)(end - at), "\"seq\":", 6);
        const char *mark = memmem(at, (size_t)((next ? next : end) - at), MARK, 2);
        if (mark) out->entries[out->count - 1].posted = read_mark(mark, end);
    }
    if (out->count + out->left_out != out->to - out->from + 1) out->sound = 0;
    int64_t present = find_number(text, length, "\"present\":", -1);
    int64_t playing = find_number(text, length, "\"playing\":", -1);
    if (present >= 0) me->present = present;
    if (playing >= 0) me->playing = playing;
    if (out->to > me->head) me->head = out->to;
    return 1;
}

const char *inflate_message(const uint8_t *data, size_t length, size_t *out_length) {
    static z_stream stream;
    static int ready;
    static uint8_t *out;
    static uint8_t *in;
    static size_t in_size;
    if (!ready) {
        if (inflateInit2(&stream, -15) != Z_OK) abort();
        out = malloc(LARGEST);
        ready = 1;
    }
    if (in_size < length + 4) {
        in_size = 2 * length + 1024;
        in = realloc(in, in_size);
    }
    memcpy(in, data, length);
    memcpy(in + length, "\x00\x00\xff\xff", 4);
    inflateReset(&stream);
    stream.next_in = in;
    stream.avail_in = (uInt)(length + 4);
    stream.next_out = out;
    stream.avail_out = LARGEST;
    int result = inflate(&stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return NULL;
    *out_length = LARGEST - stream.avail_out;
    return (const char *)out;
}

const struct tick *cached_tick(int source, const uint8_t *payload, size_t length, int compressed) {
    struct cached *row = cache[source % SOURCES];
    int *last = &newest[source % SOURCES];
    for (int back = 0; back < KEPT; back++) {
        struct cached *known = &row[(*last + KEPT - back) % KEPT];
        if (known->length == length && length && !memcmp(known->bytes, payload, length))
            return &known->tick;
    }
    const char *text = (const char *)payload;
    size_t text_length = length;
    if (compressed) text = inflate_message(payload, length, &text_length);
    if (!text || text_length < 8 || !memcmp(text, "{\"type\"", 7)) return NULL;
    int place = (*last + 1) % KEPT;
    struct cached *fresh = &row[place];
    if (!parse_tick(text, text_length, &fresh->tick)) {
        fresh->length = 0;
        return NULL;
    }
    if (fresh->capacity < length) {
        fresh->capacity = 2 * length;
        fresh->bytes = realloc(fresh->bytes, fresh->capacity);
    }
    memcpy(fresh->bytes, payload, length);
    fresh->length = length;
    *last = place;
    return &fresh->tick;
}
