import type { CloudSource, Images } from './registry.ts';

const cloudSource = (directory: string, file: string, sums: string): CloudSource => ({
  url: `${directory}/${file}`,
  sums: `${directory}/${sums}`,
});

/** The images that come with `lab`, the default first. */
export const IMAGES: Images['all'] = [
  { name: 'debian12', family: 'debian', built: true, box: 'debian/bookworm64', boxMemory: 256 },
  {
    ...{ name: 'debian12-cloud', family: 'debian', built: false, box: 'debian/bookworm64', boxMemory: 512 },
    cloud: cloudSource(
      'https://cloud.debian.org/images/cloud/bookworm/latest',
      'debian-12-genericcloud-amd64.qcow2',
      'SHA512SUMS',
    ),
  },
  {
    ...{ name: 'centos8', family: 'el8', built: false, box: 'centos/8', boxMemory: 1024 },
    // The last one there will be.
    cloud: cloudSource(
      'https://cloud.centos.org/centos/8/x86_64/images',
      'CentOS-8-GenericCloud-8.4.2105-20210603.0.x86_64.qcow2',
      'CHECKSUM',
    ),
  },
  {
    ...{ name: 'almalinux8', family: 'el8', built: false, box: 'almalinux/8', boxMemory: 1024 },
    cloud: cloudSource(
      'https://repo.almalinux.org/almalinux/8/cloud/x86_64/images',
      'AlmaLinux-8-GenericCloud-latest.x86_64.qcow2',
      'CHECKSUM',
    ),
  },
  {
    ...{ name: 'rocky8', family: 'el8', built: false, box: 'rockylinux/8', boxMemory: 1024 },
    cloud: cloudSource(
      'https://download.rockylinux.org/pub/rocky/8/images/x86_64',
      'Rocky-8-GenericCloud-Base.latest.x86_64.qcow2',
      'CHECKSUM',
    ),
  },
];
