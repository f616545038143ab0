#ifndef ANTARES_CISAL_SHIM_H
#define ANTARES_CISAL_SHIM_H

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

/* A compressor with the room that it works in: the library's own structure is too large for Swift to see into. */
struct antares_isal {
    struct isal_zstream stream;
    uint8_t room[ISAL_DEF_LVL3_DEFAULT];
};

static inline void *antares_isal_make(void) { return malloc(sizeof(struct antares_isal)); }

static inline void antares_isal_free(void *state) { free(state); }

/* Writes the bytes as blocks of raw DEFLATE; what is not the last part ends at a whole byte. Gives 0 where the room does
 * not suffice. */
static inline size_t antares_isal_deflate(void *state, const void *from, size_t size, void *to, size_t room, int is_last)
{
    struct antares_isal *own = (struct antares_isal *)state;
    struct isal_zstream *stream = &own->stream;
    if (own == NULL || size > UINT32_MAX || room > UINT32_MAX) return 0;
    isal_deflate_init(stream);
    /* At levels 1 and 2 the library's result depends, once in some hundred blocks, on where in memory its state lies. */
    stream->level = 3;
    stream->level_buf = own->room;
    stream->level_buf_size = sizeof(own->room);
    stream->flush = is_last ? NO_FLUSH : FULL_FLUSH;
    stream->end_of_stream = is_last ? 1 : 0;
    stream->next_in = (uint8_t *)from;
    stream->avail_in = (uint32_t)size;
    stream->next_out = (uint8_t *)to;
    stream->avail_out = (uint32_t)room;
    if (isal_deflate(stream) != COMP_OK || stream->avail_in != 0 || stream->avail_out == 0) return 0;
    return stream->total_out;
}

#endif
