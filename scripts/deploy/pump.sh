# Passes on what a program prints. If the process that started both is killed, it asks the program to stop, and reads what
# it prints until then: a closed pipe would kill it before it has saved its state.
#
# Standard input: what the program prints. Descriptor 3: its process id, then a line once it has ended.
trap '' PIPE INT
{ read -r program && { read -r _ || kill -TERM "$program"; }; } <&3 >/dev/null &
exec 3<&-
cat
exec cat >/dev/null
