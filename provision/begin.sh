set -euo pipefail

if ((EUID != 0)); then
  echo "$0: only root can set up a machine" >&2
  exit 1
fi
