# The settings of a zsh that writes what it offers at the end of $LINE into the file $OFFERED, one a line, and ends.
# It takes a completion as $COMPLETIONS, a script, or as a file of the directory $FUNCTIONS.
fpath=($FUNCTIONS $fpath)
autoload -Uz compinit
compinit -D
[[ -z $COMPLETIONS ]] || source $COMPLETIONS

compadd() {
  local -a found
  # With these it does not offer but look up.
  (( ${argv[(I)-[OAD]*]} )) || { builtin compadd -A found "$@"; print -rl -- $found >> $OFFERED }
  builtin compadd "$@"
}

zle-line-init() { BUFFER=$LINE CURSOR=$#LINE; zle complete-word; exit 0 }
zle -N zle-line-init
