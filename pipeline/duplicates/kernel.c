/* The inner loops of hash chains (chains.py): a key's place in the table, adding to a chain, and walking along it.
 *
 * Plain C without Python's headers, so that one build serves every Python version; kernel.py has the same in Python.
 */
#include <stdint.h>

#define ODD 0x9E3779B97F4A7C15u

typedef struct {
    uint32_t *table, *before;
    const void *keys;
    const int64_t *sizes, *limits;
    int64_t *used;
    uint64_t secret, numbers; /* numbers of entries come round after `numbers` */
    int64_t region, mask, shift, wide;
} chains;

static uint64_t key_of(const chains *c, uint32_t entry)
{
    int64_t flat = entry & c->mask;
    return c->wide ? ((const uint64_t *)c->keys)[flat] : ((const uint32_t *)c->keys)[flat];
}

/* The newest entry of a key and its place; 0 and the first free place where it has none. */
static uint32_t find(const chains *c, uint64_t now, uint64_t span, uint64_t key, int64_t *place)
{
    uint64_t mixed = (key ^ c->secret) * ODD;
    mixed = (mixed ^ mixed >> 32) * ODD;
    int64_t size = c->sizes[mixed >> 56], start = (int64_t)(mixed >> 56) * c->region;
    int64_t at = start + (int64_t)((mixed >> 24 & 0xFFFFFFFFu) * (uint64_t)size >> 32), free = -1;
    for (uint32_t entry; (entry = c->table[at]);) {
        if ((now - entry & c->numbers) > span) {
            if (free < 0)
                free = at;
        } else if (key_of(c, entry) == key) {
            *place = at;
            return entry;
        }
        if (++at == start + size)
            at = start;
    }
    *place = free < 0 ? at : free;
    return 0;
}

/* Adds `count` entries, and stops behind the first that crowds a segment. Returns how many it has added. */
int64_t copydesk_link(const chains *c, uint64_t now, uint64_t span, uint32_t entry, int64_t count, int64_t *crowded)
{
    *crowded = -1;
    for (int64_t done = 1; done <= count; done++, entry++) {
        int64_t place;
        uint32_t head = find(c, now, span, key_of(c, entry), &place);
        int fresh = !c->table[place];
        c->before[entry & c->mask] = head ? head : entry;
        c->table[place] = entry;
        if (fresh && ++c->used[place / c->region] > c->limits[place / c->region]) {
            *crowded = place / c->region;
            return done;
        }
    }
    return count;
}

/* For each key the newest `most` entries of rows that are alive and, if `rest` is given, have `wanted` there: how many
 * records ago each is. `found` has room for keys * most. Returns how many there are. */
int64_t copydesk_newest(const chains *c, uint64_t now, uint64_t span, const uint64_t *keys, int64_t count, int64_t most,
                        const uint8_t *alive, const uint64_t *rest, uint64_t wanted, int64_t *found)
{
    int64_t all = 0, width = (1 << c->shift) - 1;
    for (int64_t k = 0; k < count; k++) {
        int64_t place, last = all + most;
        uint32_t entry = find(c, now, span, keys[k], &place);
        if (!entry)
            continue;
        /* The oldest of a key points to itself, or to one that has left. */
        uint64_t age, older = now - entry & c->numbers;
        do {
            age = older;
            int64_t flat = entry & c->mask, row = flat >> c->shift;
            if (alive[row] && (!rest || rest[row] == wanted))
                found[all++] = (int64_t)(age + width) >> c->shift;
            entry = c->before[flat];
            older = now - entry & c->numbers;
        } while (all < last && age < older && older <= span);
    }
    return all;
}
