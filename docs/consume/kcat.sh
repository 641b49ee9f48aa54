#!/usr/bin/env bash
# news.enriched as lines: key, tab, record as JSON; nothing after the tab means: forget this document.
#
#   kcat.sh             from the beginning, then what comes, until Ctrl-C
#   kcat.sh -e          end where the topic ends
#   kcat.sh -c 10       end after ten
#   kcat.sh -e -o -10   the latest ten of each partition
#
# In a pipe that shows headlines on a terminal let jq escape what a stranger may have typed there:
#   kcat.sh -e | cut -f 2 | jq --ascii-output --compact-output '[.id, .language, .duplicate.kind, .headline]'
#
# It keeps no place in the topic: kcat's own group mode (-G) commits what it printed, whether or not the next program
# of the pipe has stored it. For that take one of the readers beside this file.
set -euo pipefail

exec kcat -C -q -u -b "${COPYDESK_BROKERS:-localhost:9092}" -t "${COPYDESK_PREFIX:-news}.enriched" \
    -o beginning -f '%k\t%s\n' "$@"
