#!/bin/bash
# Runs in the new system, to finish it. Leaves /disk: the disk that it is to lie on, with a partition and GRUB.
set -euo pipefail
sectors=$1

truncate --size="$((sectors * 512))" /disk
sfdisk --quiet /disk <<< '2048,,L,*'
# What grub-install does: boot.img loads core.img, which lies before the partition and reads the rest from it.
grub-mkimage --format=i386-pc --output=/tmp/core.img --prefix='(hd0,msdos1)/boot/grub' biosdisk part_msdos ext2 normal linux
dd if=/usr/lib/grub/i386-pc/boot.img of=/disk bs=440 count=1 conv=notrunc status=none
dd if=/tmp/core.img of=/disk bs=512 seek=1 conv=notrunc status=none
rm /tmp/core.img
mkdir -p /boot/grub
cat > /boot/grub/grub.cfg <<'END'
linux /vmlinuz root=/dev/vda1 rw console=ttyS0,115200 no_timer_check net.ifnames=0 quiet
initrd /initrd.img
boot
END

echo '/dev/vda1 / ext4 defaults 0 1' > /etc/fstab
echo '127.0.0.1 localhost' > /etc/hosts
# As in published images: who this machine is, it learns at its first boot.
: > /etc/machine-id
rm -f /etc/ssh/ssh_host_* /etc/hostname
systemctl --quiet enable systemd-networkd
# Nothing starts that no lab needs: each service costs an emulated machine seconds.
systemctl --quiet disable apache2 ipvsadm fstrim.timer dpkg-db-backup.timer
