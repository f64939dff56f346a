#!/bin/sh
# Usage: room.sh PACKAGES DIRECTORY LOGS, as the first process of its own mount, pid and network namespace.
# Runs the packaged detectors in a root of their own: this machine's, with the unpacked packages over it, in memory.
# Ends when its standard input does, and all that it has started ends with it.
set -eu
packages=$1 directory=$2 logs=$3
root=$directory/root

main() {
  make_root
  configure
  start
  cat
}

make_root() {
  mount -t tmpfs room "$directory"
  mkdir "$directory/upper" "$directory/work" "$root"
  mount -t overlay room -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" "$root"
  for package in "$packages"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$root"
  done
  mount -t proc proc "$root/proc"
  mount -t tmpfs devices "$root/dev"
  for node in 'null 3' 'zero 5' 'random 8' 'urandom 9'; do
    mknod -m 666 "$root/dev/${node% *}" c 1 "${node#* }"
  done
  mount -t tmpfs run "$root/run"
  mount --bind "$logs" "$root/var/log"
}

# What their packages would do when installed, and where to read and write. All else is as packaged.
configure() {
  echo 'scanlogd:x:64001:65534::/nonexistent:/bin/false' >> "$root/etc/passwd"
  mkdir -p "$root/run/scanlogd/empty" "$root/run/psad" "$root/var/lib/psad" "$root/var/log/psad" "$root/var/lib/portsentry"
  touch "$root/etc/portsentry/portsentry.ignore" "$root/var/log/kern.log"
  for name in iptables ip6tables; do ln -sf xtables-nft-multi "$root/usr/sbin/$name"; done
  ln -sf true "$root/usr/bin/mail" # psad insists on one
  # a second, not five, between two looks at the log: the rows are sooner done, what is found is the same
  sed -i 's/_CHANGEME_/host/
    s/^\(ENABLE_FW_LOGGING_CHECK\|AUTO_DETECT_JOURNALCTL\) .*/\1 N;/
    s/^ALERTING_METHODS .*/ALERTING_METHODS noemail;/
    s/^CHECK_INTERVAL .*/CHECK_INTERVAL 1;/
    s|^IPT_SYSLOG_FILE .*|IPT_SYSLOG_FILE /var/log/kern.log;|' "$root/etc/psad/psad.conf"
  modules=$(dirname "$(find "$root/usr/lib" -name ulogd_output_LOGEMU.so)")
  cat > "$root/etc/ulogd.conf" << END
[global]
logfile="/var/log/ulogd.log"
$(for name in inppkt_NFLOG raw2packet_BASE filter_IFINDEX filter_IP2STR filter_PRINTPKT output_LOGEMU; do
    echo "plugin=\"${modules#"$root"}/ulogd_$name.so\""
  done)
stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,print1:PRINTPKT,emu1:LOGEMU
[log1]
group=1
[emu1]
file="/run/packets"
sync=1
END
  mkfifo "$root/run/packets"
}

# The kernel's own log cannot be had by namespace without changing the machine's settings. ulogd writes nearly its format:
# without RES=, whose absence hides NULL scans from psad, with sequence numbers, and with short IPv6 addresses.
as_the_kernel_writes() {
  # shellcheck disable=SC2016 # they are Perl's
  inside perl -MSocket=inet_pton,AF_INET6 -pe '
    BEGIN { $| = 1 }
    s/ SEQ=\d+ ACK=\d+//;
    s/ WINDOW=\d+\K/ RES=0x00/;
    s/ (?:SRC|DST)=\K(\S*:\S*)/join ":", unpack("(H4)8", inet_pton(AF_INET6, $1))/ge;
  ' /run/packets >> "$logs/kern.log"
}

start() {
  inside busybox syslogd -O /var/log/syslog
  as_the_kernel_writes &
  inside ulogd --daemon
  inside scanlogd
  inside portsentry -atcp
  inside portsentry -audp
  inside psad --no-whois --no-rdns
}

inside() {
  chroot "$root" "$@"
}

main
