#
# LAB_KEEP_SELINUX=1 leaves SELinux enforcing, LAB_KEEP_FIREWALLD=1 leaves firewalld running.
