# -*- mode: ruby -*-
# {{ lab | text }}: {{ summary | text }}
#
#   vagrant up                                       with the provider that Vagrant finds
#   vagrant up --provider=libvirt                    or virtualbox: the same lab on either
#   vagrant ssh {{ first | text }}
#   vagrant provision                                puts back what was changed
#   vagrant destroy --force

# Names of networks and machines begin with this: another prefix makes the lab a second time on the same host.
prefix = {{ prefix }}

# A segment is a network of its own: no address of the host in it, no DHCP, no way out. The scripts give the machines
# their addresses, so that it is the same with every box.
segment = lambda do |name|
  {
    auto_config: false,
    libvirt__network_name: "#{prefix}-#{name}",
    libvirt__forward_mode: 'veryisolated',
    libvirt__dhcp_enabled: false,
    virtualbox__intnet: "#{prefix}-#{name}"
  }
end

Vagrant.configure('2') do |config|
  # Another box of the same system, such as one that the host already has: LAB_BOX=name vagrant up
  config.vm.box = ENV.fetch('LAB_BOX', {{ box }})
  config.vm.box_check_update = false
  config.vm.synced_folder '.', '/vagrant', disabled: true

  config.vm.provider :libvirt do |libvirt|
    libvirt.default_prefix = "#{prefix}-"
    # Without KVM, or where it does not work: LAB_DRIVER=qemu vagrant up
    libvirt.driver = ENV.fetch('LAB_DRIVER', 'kvm')
  end

  config.vm.provider :virtualbox do |virtualbox|
    virtualbox.default_nic_type = 'virtio'
    virtualbox.linked_clone = true
  end
{% for node in nodes %}
{% for line in node.description -%}
  # {{ line | text }}
{% endfor -%}
  config.vm.define {{ node.name }} do |node|
    node.vm.hostname = {{ node.name }}
{% for link in node.links -%}
    node.vm.network :private_network, ip: {{ link.address }}, netmask: {{ link.netmask }}, mac: {{ link.mac }}, **segment.call({{ link.segment }})
{% endfor -%}
    node.vm.provider(:libvirt) { |libvirt| libvirt.memory, libvirt.cpus = {{ node.memory }}, {{ node.cpus }} }
    node.vm.provider(:virtualbox) { |virtualbox| virtualbox.memory, virtualbox.cpus = {{ node.memory }}, {{ node.cpus }} }
    node.vm.provision :shell, path: {{ node.script }}
  end
{% endfor -%}
end
