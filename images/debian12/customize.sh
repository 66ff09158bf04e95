#!/bin/sh
# Finishes a guest image: the kernel, the initrd, the guest's own files, and which units start. mmdebstrap runs it when
# the packages are installed, outside the new system, with that system's directory as argument. The recipe lies in there
# as /recipe; what this leaves in /boot-files is taken out of the image. LAB_KERNEL names the flavour of kernel.
set -eu

root=$1
recipe=$root/recipe
out=$root/boot-files
mkdir "$out"

# The lines of a list, without its comments.
lines() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$recipe/$1"; }

# --- Kernel. Its package would pull in initramfs tools and their hooks, so it is unpacked beside dpkg.
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends "linux-image-$LAB_KERNEL" | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
release=${package#linux-image-}
mkdir "$root/kernel"
(
  cd "$root/kernel"
  apt-get download -qq "$package"
  dpkg-deb -x ./*.deb .
)
mkdir -p "$root/usr/lib/modules"
mv "$root/kernel/lib/modules/$release" "$root/usr/lib/modules/"
vmlinuz=$root/kernel/boot/vmlinuz-$release
case $LAB_KERNEL in
*amd64)
  # QEMU starts an unpacked kernel directly, by its PVH entry, where an emulated CPU would first have to unpack it. Where
  # the packed one lies in the file, and that its size follows it: Documentation/arch/x86/boot.rst of the kernel.
  field() { od -A n -t "u$2" -j "$1" -N "$2" "$vmlinuz" | tr -d ' '; }
  payload=$((($(field 0x1f1 1) + 1) * 512 + $(field 0x248 4)))
  tail -c "+$((payload + 1))" "$vmlinuz" | head -c "$(($(field 0x24c 4) - 4))" | chroot "$root" lz4 -d -c >"$out/kernel"
  ;;
*) mv "$vmlinuz" "$out/kernel" ;;
esac
rm -r "$root/kernel"
lines modules-left-out | while read -r directory; do
  rm -rf "$root/usr/lib/modules/$release/kernel/$directory"
done
chroot "$root" depmod "$release"

# --- Initrd: busybox, the modules in the order they load, and init. Not compressed: an emulated CPU unpacks slowly.
initrd=$root/initrd
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/proc" "$initrd/sys" "$initrd/modules"
cp "$root/usr/bin/busybox" "$initrd/bin/busybox"
for applet in sh mount umount insmod mkdir tar sync ip switch_root; do
  ln -s busybox "$initrd/bin/$applet"
done
lines initrd-modules | xargs chroot "$root" modprobe -a -S "$release" --show-depends |
  sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' >"$root/module-paths"
while read -r path; do
  cp "$root/$path" "$initrd/modules/"
  basename "$path" >>"$initrd/modules/order"
done <"$root/module-paths"
cp "$recipe/init" "$initrd/init"
chmod 755 "$initrd/init"
chroot "$root" sh -c 'cd /initrd && find . | busybox cpio -o -H newc' >"$out/initrd"
rm -r "$initrd" "$root/module-paths"

# --- The guest's own files.
cp -R "$recipe/root/." "$root/"
# Their modes do not depend on the checkout's: what begins with #! is a program.
find "$recipe/root" -type f | while read -r file; do
  case $(head -n 1 "$file") in
  '#!'*) mode=755 ;;
  *) mode=644 ;;
  esac
  chmod "$mode" "$root/${file#"$recipe/root/"}"
done
chmod 755 "$root"/etc/acpi/*/*

# --- Units: what starts by itself is the way in, and nothing else.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/usr/lib/systemd/system/*.wants
wants=/etc/systemd/system/multi-user.target.wants
sysinit=/etc/systemd/system/sysinit.target.wants
mkdir "$root$wants" "$root$sysinit"
lines wanted-units | while read -r unit; do
  case $unit in
  systemd-*) ln -s "/usr/lib/systemd/system/$unit" "$root$sysinit/$unit" ;;
  *) chroot "$root" systemctl enable --quiet "$unit" ;;
  esac
done
ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# Generators make units of what is not in a guest: encrypted disks, a table of file systems, scripts of System V.
mkdir -p "$root/etc/systemd/system-generators"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
  ln -s /dev/null "$root/etc/systemd/system-generators/${generator##*/}"
done
# A script of System V beside a unit makes every `systemctl enable` of it run Perl.
rm -rf "$root"/etc/init.d/* "$root"/etc/rc?.d

# --- What each machine gets of its own comes from its seed; what nobody reads goes.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/etc/hostname" "$root/etc/hosts"
rm -rf "$root"/var/lib/apt/* "$root"/usr/share/doc/* "$root"/usr/share/man/*
find "$root/var/cache" "$root/var/log" -type f -delete

# --- For the manifest.
{
  echo "kernel $package"
  # shellcheck disable=SC2016 # the dollars are for dpkg-query
  chroot "$root" dpkg-query -W -f '${Package} ${Version}\n'
} >"$out/packages"
