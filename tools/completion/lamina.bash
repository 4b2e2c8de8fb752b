# SPDX-License-Identifier: Apache-2.0
# bash completion for lamina: commands, options, images, paths in images, mount points, sources.

_lamina_options() {
  case $1 in
    '') echo --help --store --version ;;
    cat | tag | umount) echo --help ;;
    cp) echo --archive --follow-link --help ;;
    prune) echo --all --dry-run --force --help --json ;;
    check | inspect | mounts) echo --help --json ;;
    history) echo --help --json --no-trunc ;;
    images) echo --help --json --no-trunc --quiet ;;
    import) echo --help --max-entries --max-size --platform --quiet ;;
    ls) echo --help --json ;;
    rmi) echo --force --help ;;
    mount) echo --foreground --help --ro ;;
  esac
}

_lamina_commands='cat check cp history images import inspect ls mount mounts prune rmi tag umount'
_lamina_sources='docker-archive: oci-archive: oci: rootfs:'
_lamina_mount_options='allow_dev allow_other allow_suid data=cache data=passthrough dev exec nodev noexec nosuid ro suid'

# Names of images, from the store that the command line names; silent where there is none.
_lamina_images() {
  "${lamina[@]}" images 2>/dev/null | awk 'NR > 1 && $1 != "<none>" { print $1 ":" $2 }'
}

# Mount points of lamina's mounts; the kernel writes blanks in them as \040.
_lamina_mount_points() {
  local target type
  while read -r _ target type _; do
    if [[ $type == fuse.lamina ]]; then printf '%b\n' "$target"; fi
  done </proc/self/mounts
}

# Entries of the directory that the word "IMAGE:/dir/na" is about to name, as such words.
_lamina_paths() {
  local directory=${1%/*}/
  "${lamina[@]}" ls "$directory" 2>/dev/null | while IFS= read -r name; do printf '%s%s\n' "$directory" "$name"; done
}

# Offers those of the lines on standard input that begin with $1.
_lamina_offer() {
  local line
  while IFS= read -r line; do
    if [[ $line == "$1"* ]]; then COMPREPLY+=("$line"); fi
  done
}

_lamina_offer_files() {
  local word=$1 kind=$2
  _lamina_offer '' < <(compgen "$kind" -- "$word")
  compopt -o filenames 2>/dev/null
}

_lamina_offer_arguments() {
  local command=$1 word=$2 position=$3
  case $command in
    history | inspect | rmi) _lamina_offer "$word" < <(_lamina_images) ;;
    tag) if ((position <= 1)); then _lamina_offer "$word" < <(_lamina_images); fi ;;
    cp)
      if ((position > 0)); then
        _lamina_offer_files "$word" -f
      else
        _lamina_offer_arguments cat "$word" 0
      fi
      ;;
    ls | cat)
      compopt -o nospace 2>/dev/null
      if [[ $word == *:/* ]]; then
        _lamina_offer "$word" < <(_lamina_paths "$word")
      else
        _lamina_offer "$word" < <(_lamina_images | sed 's|$|:/|')
      fi
      ;;
    mount)
      if ((position == 0)); then
        _lamina_offer "$word" < <(_lamina_images)
      else
        _lamina_offer_files "$word" -d
      fi
      ;;
    umount) _lamina_offer "$word" < <(_lamina_mount_points) ;;
    import)
      if ((position > 0)); then return; fi
      compopt -o nospace 2>/dev/null
      if [[ $word == *:* ]]; then
        local prefix=${word%%:*}:
        _lamina_offer '' < <(compgen -f -- "${word#*:}" | sed "s|^|$prefix|")
      else
        # shellcheck disable=SC2086 # one word each
        _lamina_offer "$word" < <(printf '%s\n' $_lamina_sources)
        _lamina_offer_files "$word" -f
      fi
      ;;
  esac
}

_lamina() {
  local line=${COMP_LINE:0:COMP_POINT} word='' command='' previous='' position=0 item
  local -a words lamina=("${COMP_WORDS[0]}")
  COMPREPLY=()

  # bash splits words at colons too, which names and sources are full of: split at blanks instead.
  read -ra words <<<"$line"
  if [[ $line != *[[:blank:]] ]]; then
    word=${words[-1]}
    unset 'words[-1]'
  fi
  for item in "${words[@]:1}"; do
    if [[ $previous == --store ]]; then
      lamina+=(--store "$item")
    elif [[ $item == --store=* ]]; then
      lamina+=("$item")
    elif [[ $item != -* && $previous != -o && $previous != --platform ]]; then
      if [[ -z $command ]]; then command=$item; else position=$((position + 1)); fi
    fi
    previous=$item
  done

  case $previous in
    --store) _lamina_offer_files "$word" -d ;;
    --platform) _lamina_offer "$word" < <(printf '%s\n' linux/amd64 linux/arm64 linux/arm/v7) ;;
    -o)
      # shellcheck disable=SC2086 # one word each
      _lamina_offer "$word" < <(printf "${word%"${word##*,}"}%s\n" $_lamina_mount_options)
      ;;
    *)
      if [[ $word == -* ]]; then
        # shellcheck disable=SC2046 # one word each
        _lamina_offer "$word" < <(printf '%s\n' $(_lamina_options "$command"))
      elif [[ -z $command ]]; then
        # shellcheck disable=SC2086 # one word each
        _lamina_offer "$word" < <(printf '%s\n' $_lamina_commands)
      else
        _lamina_offer_arguments "$command" "$word" "$position"
      fi
      ;;
  esac

  # What stands before a word break is no part of what bash replaces.
  if [[ $COMP_WORDBREAKS == *:* && $word == *:* ]]; then
    local before=${word%"${word##*:}"}
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
  fi
  if [[ $COMP_WORDBREAKS == *=* && $word == *=* ]]; then
    COMPREPLY=("${COMPREPLY[@]#*=}")
  fi
}

complete -F _lamina lamina
