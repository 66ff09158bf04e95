#!/bin/bash
# Runs a command in a copy of this host's file system that is thrown away, made to look like EL 8 as far as packages go:
# none of the programs that a lab needs, CentOS's own repository files, and a repository in /repo.
#
#   unshare --mount --net --pid --fork --mount-proc --kill-child bash el8-root.sh DIR COMMAND...
#
# DIR/repo is the repository, DIR/upper keeps what was written, for the next command.
set -euo pipefail
dir=$1
shift

mkdir -p "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
for path in proc sys dev; do
  mount --rbind "/$path" "$dir/root/$path"
done
cd "$dir/root"
if [[ ! -d repo ]]; then
  rm -f usr/{,local/}{,s}bin/{arping,tcpdump,ipvsadm,httpd,curl} usr/lib/systemd/system/libvirtd.service lib/systemd/system/libvirtd.service
  mkdir -p repo etc/yum.repos.d etc/dnf/vars
  echo 8 > etc/dnf/vars/releasever
  # As CentOS 8 shipped it, but for `enabled`: there is no network here.
  cat > etc/yum.repos.d/CentOS-Linux-BaseOS.repo <<'REPO'
[baseos]
name=CentOS Linux $releasever - BaseOS
mirrorlist=http://mirrorlist.centos.org/?release=$releasever&arch=$basearch&repo=BaseOS&infra=$infra
#baseurl=http://mirror.centos.org/$contentdir/$releasever/BaseOS/$basearch/os/
gpgcheck=1
enabled=0
REPO
  printf '[local]\nname=local\nbaseurl=file:///repo\ngpgcheck=0\n' > etc/yum.repos.d/local.repo
fi
if [[ -d $dir/repo ]]; then
  mount --bind "$dir/repo" repo
fi
exec chroot "$dir/root" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
