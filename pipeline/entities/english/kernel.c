/* The two loops of the tagger that numpy does badly: the sums of the window, and Viterbi.
 *
 * Plain C without Python's headers, so that one build serves every Python version; kernel.py has the same in numpy.
 */
#include <stdint.h>
#include <string.h>

#define TAGS 9

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif

/* hidden[i] = max(0, bias + sum over o of rows[ids[i + o]][o]), o = 0..window-1. `ids` has window - 1 more than `n`. */
WIDE void copydesk_window(const float *restrict rows, const int32_t *restrict ids, const float *restrict bias,
                          float *restrict hidden, int64_t n, int64_t window, int64_t size)
{
    for (int64_t i = 0; i < n; i++) {
        float *restrict out = hidden + i * size;
        memcpy(out, bias, size * sizeof(float));
        for (int64_t o = 0; o < window; o++) {
            const float *restrict row = rows + ((int64_t)ids[i + o] * window + o) * size;
            for (int64_t k = 0; k < size; k++)
                out[k] += row[k];
        }
        for (int64_t k = 0; k < size; k++)
            out[k] = out[k] > 0 ? out[k] : 0;
    }
}

/* The best path through n x TAGS scores. transitions[from][to]; a path begins anew where fresh[i] is set. */
void copydesk_viterbi(const float *restrict scores, const float *restrict transitions, const float *restrict begin,
                      const uint8_t *restrict fresh, uint8_t *restrict back, uint8_t *restrict path, int64_t n)
{
    float best[TAGS], next[TAGS];
    for (int64_t i = 0; i < n; i++) {
        const float *score = scores + i * TAGS;
        if (i == 0 || fresh[i]) {
            int top = 0;
            if (i)
                for (int t = 1; t < TAGS; t++)
                    if (best[t] > best[top])
                        top = t;
            for (int t = 0; t < TAGS; t++) {
                next[t] = begin[t] + score[t];
                back[i * TAGS + t] = (uint8_t)top;
            }
        } else {
            for (int t = 0; t < TAGS; t++) {
                int top = 0;
                float most = best[0] + transitions[t];
                for (int f = 1; f < TAGS; f++) {
                    float value = best[f] + transitions[f * TAGS + t];
                    if (value > most) {
                        most = value;
                        top = f;
                    }
                }
                next[t] = most + score[t];
                back[i * TAGS + t] = (uint8_t)top;
            }
        }
        memcpy(best, next, sizeof best);
    }
    if (n == 0)
        return;
    int tag = 0;
    for (int t = 1; t < TAGS; t++)
        if (best[t] > best[tag])
            tag = t;
    for (int64_t i = n - 1; i >= 0; i--) {
        path[i] = (uint8_t)tag;
        tag = back[i * TAGS + tag];
    }
}
