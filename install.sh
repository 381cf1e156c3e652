#!/bin/sh
# Installs Footnote, in the versions of requirements.lock, into a virtual environment.
#
#   sh install.sh VENV [EXTRAS]      EXTRAS such as "dev"; none is the run-time set
#
# Environment:
#   PYTHON         the Python to make VENV from; without it the first of python3, python3.13,
#                  python3.12 and python3.11 that is 3.11, 3.12 or 3.13
#   TORCH_INDEX    where Linux gets torch's CPU build; empty: from pip's own index like the rest
#   FOOTNOTE_LOCK  the constraints file (default requirements.lock)
# pip's own settings (PIP_INDEX_URL, pip.conf, ...) apply as everywhere.
#
# A second call with nothing changed ends at once. Extras add up: a VENV with "dev" keeps it.
set -eu

say() { printf 'install: %s\n' "$*"; }
die() { printf 'install: %s\n' "$*" >&2; exit 2; }

[ $# -ge 1 ] && [ $# -le 2 ] && [ -n "$1" ] || die "usage: sh install.sh VENV [EXTRAS]"
case $1 in /*) venv=$1 ;; *) venv=$PWD/$1 ;; esac
wanted=${2:-}
cd "$(dirname "$0")"
root=$PWD
lock=${FOOTNOTE_LOCK:-requirements.lock}
index=${TORCH_INDEX-https://download.pytorch.org/whl/cpu}
py=$venv/bin/python
stamp=$venv/footnote-installed      # line 1: what was installed; line 2: with which extras
owner=$venv/footnote-owner          # this script made VENV, at this path
running=$venv/footnote-installing   # present while an installation is under way

# --- Is there anything to do? -------------------------------------------------------------
key="$(cat pyproject.toml "$lock" install.sh | cksum) $root $venv"
have=
old_key=
if [ -f "$stamp" ]; then
    { read -r old_key && read -r have || :; } <"$stamp"
    extras_done=yes
    for extra in $(printf '%s' "$wanted" | tr ',' ' '); do
        case ",$have," in *",$extra,"*) ;; *) extras_done=no ;; esac
    done
    if [ "$old_key" = "$key" ] && [ $extras_done = yes ] && [ ! -e "$running" ] &&
        [ -x "$venv/bin/footnote" ] && "$py" -I -S -c '' 2>/dev/null; then
        exit 0
    fi
fi
extras=$(printf '%s,%s' "$have" "$wanted" | tr ',' '\n' | sed '/^$/d' | sort -u | paste -s -d , -)

# --- A virtual environment to install into ------------------------------------------------
if [ -e "$venv" ]; then
    broken=
    if [ -e "$running" ]; then
        broken="the last installation into it did not finish"
    elif [ -f "$owner" ] && [ "$(cat "$owner")" != "$venv" ]; then
        broken="it was made in another place"
    elif ! "$py" -m pip --version >/dev/null 2>&1; then
        broken="it has no working Python with pip"
    fi
    if [ -n "$broken" ]; then
        # Only what this script made is deleted.
        [ -f "$owner" ] || die "$venv cannot be used: $broken. Move it away and run this again."
        say "making $venv anew: $broken"
        rm -rf "$venv"
    fi
fi
if [ ! -e "$venv" ]; then
    # The newest Python for which every package of the lock has a wheel is 3.13.
    fits='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
    python=${PYTHON:-python3}
    if [ -z "${PYTHON:-}" ]; then
        for candidate in python3 python3.13 python3.12 python3.11; do
            if "$candidate" -c "$fits" 2>/dev/null; then python=$candidate && break; fi
        done
    fi
    version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) ||
        die "'$python' does not run. Install Python 3.11 or newer, or name one: PYTHON=/path/to/python3"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "Footnote needs Python 3.11 or newer; '$python' is $version. Name a newer one: PYTHON=python3.12"
    "$python" -c "$fits" ||
        say "Python $version is newer than the lock knows; packages without a wheel for it need a compiler"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        die "'$python' lacks the venv module. On Debian and Ubuntu: apt install python3-venv"
    say "making $venv with Python $version"
    mkdir -p "$venv"
    printf '%s\n' "$venv" >"$owner"
    "$python" -m venv "$venv"
fi

# --- The packages -------------------------------------------------------------------------
: >"$running"
pip() { "$py" -m pip --disable-pip-version-check "$@"; }
[ -t 1 ] && quiet= || quiet=--quiet  # a log needs no progress bars
locked() { sed -n "s/^$1==\([^ ;]*\).*/\1/p" "$lock"; }

# Asks INDEX for torch and exits 0 if it answers; 5 seconds at most, name look-up included,
# which no time-out of the socket covers: hence the thread.
answers() {
    "$py" -I - "$1" <<'EOF'
import os, sys, threading, urllib.request

url, found = sys.argv[1].rstrip("/") + "/torch/", []


def ask():
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            found.append(reply.status)
    except OSError as exc:
        # A certificate this Python does not know is an answer too; pip has its own store.
        if "CERTIFICATE_VERIFY_FAILED" in str(exc):
            found.append(exc)


thread = threading.Thread(target=ask, daemon=True)
thread.start()
thread.join(5)
os._exit(0 if found else 1)
EOF
}

torch=$(locked torch)
installed=$("$py" -c 'from importlib.metadata import version as v; print(v("torch").split("+")[0])' 2>/dev/null || :)
if [ "$(uname -s)" = Linux ] && [ "$installed" != "$torch" ]; then
    cpu=no
    if [ -z "$index" ]; then
        say "TORCH_INDEX is empty"
    else
        case $index in
            http://* | https://*) answers "$index" && cpu=yes || say "no answer from $index" ;;
            *) cpu=yes ;;
        esac
    fi
    if [ $cpu = yes ]; then
        say "torch $torch, CPU build, from $index"
        # shellcheck disable=SC2086
        pip install $quiet --retries 1 --no-deps --index-url "$index" "torch==$torch" || cpu=no
    fi
    [ $cpu = yes ] ||
        say "torch $torch comes from pip's own index; on Linux that may be a CUDA build of several GB"
fi

# setuptools (77 as in pyproject.toml) is a run-time dependency anyway; first, it lets the install
# build with the locked version instead of fetching another.
say "packages of $lock${extras:+, with extras: $extras}"
# $quiet is one option or nothing.
# shellcheck disable=SC2086
if ! pip install $quiet -c "$lock" "setuptools>=77" ||
    ! pip install $quiet -c "$lock" --no-build-isolation -e ".${extras:+[$extras]}"; then
    rm -f "$running"  # pip ended by itself and left nothing half done
    die "pip could not install the packages; its message stands above. Mend that and run this again."
fi

[ "$(cat pyproject.toml "$lock" install.sh | cksum) $root $venv" = "$key" ] ||
    die "the project's files changed during the installation; run this again."
printf '%s\n%s\n' "$key" "$extras" >"$stamp"
rm -f "$running"
say "done: $venv/bin/footnote"
