# Machines on a vde_switch, as far as the switch knows them: vde-client.pl SOCKET_DIR STEP...
# A step `cN` has machine N connect, `rN` has it ask for its port. Afterwards each sends one broadcast, and a line says who
# got it: "0: 1 2". In Perl, since Node has no datagram sockets in the file system, and every Debian has Perl.
use strict;
use warnings;
use Socket;

my ($dir, @steps) = @ARGV;
my (%control, %data);
for my $step (@steps) {
  my ($what, $n) = $step =~ /^([cr])(\d)$/ or die "no such step: $step\n";
  my $own = "$dir/.machine$n";
  if ($what eq 'c') {
    socket($data{$n}, PF_UNIX, SOCK_DGRAM, 0) and bind($data{$n}, pack_sockaddr_un($own)) or die "bind $own: $!\n";
    socket($control{$n}, PF_UNIX, SOCK_STREAM, 0) and connect($control{$n}, pack_sockaddr_un("$dir/ctl"))
      or die "connect $dir/ctl: $!\n";
  } else {
    # Magic, version 3, a new port; the socket that its frames go to; a description.
    syswrite $control{$n}, pack('LLL S a108', 0xfeedface, 3, 0, AF_UNIX, $own) . "machine$n\0";
    sysread $control{$n}, my $answer, 110 or die "the switch has no port for machine $n\n";
    my (undef, $port) = unpack 'S Z108', $answer;
    connect($data{$n}, pack_sockaddr_un($port)) or die "connect $port: $!\n";
  }
  # Until the switch has seen it.
  select undef, undef, undef, 0.01;
}
for my $sender (sort keys %data) {
  send $data{$sender}, "\xff" x 6 . pack('CCCCCC', 2, 0, 0, 0, 0, $sender) . "\x88\xb5" . "\0" x 46, 0;
  select undef, undef, undef, 0.05;
  my @got = grep { defined recv $data{$_}, my $frame, 2000, MSG_DONTWAIT } sort keys %data;
  print "$sender: @got\n";
}
