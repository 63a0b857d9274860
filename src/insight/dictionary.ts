// The public dictionary of tools: the only names of what people run that may leave level 0.

export const CATEGORIES = [
  'git',
  'docker',
  'kubernetes',
  'npm',
  'cargo',
  'file_ops',
  'network',
  'system',
  'editor',
  'other',
] as const
export type Category = (typeof CATEGORIES)[number]

/** Everything that is not in the dictionary counts as this, so that no name of one's own is ever told. */
export const OTHER: ToolUsed = { tool: 'other', category: 'other' }

export interface ToolUsed {
  readonly tool: string
  readonly category: Category
}

// Names are lower case, at most 32 characters, and with `other` at most 512: what one answer can carry.
const TOOLS: Readonly<Record<Category, string>> = {
  git: 'git gh glab hub tig gitk lazygit git-lfs gitui svn hg jj fossil bzr cvs gerrit pre-commit',
  docker:
    'docker docker-compose podman podman-compose buildah skopeo nerdctl ctr crictl lazydocker dive containerd runc crun lxc incus distrobox toolbox',
  kubernetes:
    'kubectl helm k9s kubectx kubens minikube kind k3s k3d kustomize stern kubeadm oc istioctl argocd flux velero kubeseal helmfile skaffold tilt eksctl',
  npm: 'npm npx yarn pnpm bun bunx node deno tsc tsx ts-node vite webpack rollup esbuild jest vitest eslint prettier biome nvm fnm volta corepack turbo nx lerna next mocha playwright',
  cargo: 'cargo rustc rustup rustfmt clippy-driver cross wasm-pack trunk bacon rust-analyzer maturin',
  file_ops:
    'ls cd pwd cp mv rm mkdir rmdir touch ln cat less more head tail tac find fd locate tree du df stat file chmod chown chgrp umask grep egrep fgrep rg ag ack sed awk gawk sort uniq cut paste tr wc tee xargs diff cmp patch comm join split tar gzip gunzip zcat bzip2 xz zstd zip unzip 7z rsync shred truncate dd install basename dirname realpath readlink md5sum sha1sum sha256sum sha512sum b3sum cksum base64 xxd hexdump od strings jq yq column fold nl rev fzf bat eza lsd ncdu pushd popd dirs zoxide rename ranger mc trash rclone restic borg hg-fast-export split csplit',
  network:
    'ssh scp sftp curl wget ping ping6 traceroute tracepath mtr dig nslookup host whois nc ncat netcat socat nmap tcpdump tshark wireshark ip ifconfig route arp ss netstat nmcli iwconfig iw iptables ip6tables nft ufw firewall-cmd ethtool telnet ftp lftp http https httpie openssl ssh-keygen ssh-copy-id ssh-add ssh-agent mosh rsh autossh wg wg-quick openvpn tailscale iperf3 aria2c dhclient resolvectl avahi-browse arping bridge ab hey wrk grpcurl websocat sshfs mount.nfs',
  system:
    'sudo su doas systemctl journalctl service ps top htop btop atop kill killall pkill pgrep nice renice nohup time timeout watch free vmstat iostat mpstat sar uptime uname hostname hostnamectl timedatectl date cal who w whoami id groups last lastlog useradd userdel usermod groupadd passwd chsh crontab at dmesg lsblk lsusb lspci lscpu lsmod modprobe insmod rmmod mount umount fdisk parted mkfs fsck blkid swapon swapoff lvm lvs vgs pvs lvcreate mdadm smartctl reboot shutdown poweroff halt apt apt-get apt-cache dpkg dnf yum rpm zypper pacman yay apk brew snap flatpak nix nix-shell nix-env nixos-rebuild emerge env printenv export unset set alias unalias source exit logout history type which whereis command builtin hash help man info apropos whatis echo printf read test true false sleep clear reset stty tput tmux screen zellij byobu jobs fg bg wait disown trap ulimit exec eval bash sh zsh fish dash ksh tcsh nu pwsh strace ltrace lsof fuser perf bpftrace gdb lldb valgrind ldd ldconfig nproc sysctl getent locale localectl loginctl machinectl update-alternatives chroot unshare nsenter bwrap systemd-run systemd-analyze neofetch fastfetch tldr yes seq expr bc dc karo shift local declare typeset let return pidof tty script gpg pass age sops vault',
  editor:
    'vim vi nvim view vimdiff nano emacs emacsclient micro helix hx code codium subl kate gedit ed ex kak joe pico mcedit cursor zed idea pycharm',
  other:
    'make cmake ninja meson bazel gcc g++ clang clang++ cc ld ar nm objdump readelf go gofmt python python2 python3 pip pip3 pipx poetry uv uvx conda mamba pytest tox ruff black mypy pylint flake8 jupyter ipython pyenv virtualenv ruby gem bundle rake rails irb rbenv php composer artisan perl cpan lua luajit java javac jar mvn gradle gradlew kotlin kotlinc scala sbt dotnet msbuild nuget swift swiftc xcodebuild ghc cabal stack ocaml dune opam elixir mix erl iex julia r rscript zig nim crystal dart flutter sqlite3 psql pg_dump pg_restore mysql mysqldump mariadb mongosh redis-cli valkey-cli influx clickhouse-client duckdb terraform tofu terragrunt ansible ansible-playbook ansible-vault packer vagrant pulumi nomad consul aws gcloud az doctl hcloud ffmpeg ffprobe convert magick pandoc pdflatex xelatex latexmk gnuplot dot qemu-system-x86_64 qemu-img virsh virt-install just task hugo jekyll mkdocs sphinx-build claude codex ollama act shellcheck shfmt hyperfine tokei cloc protoc buf flex bison ctags cscope',
}

/** Other spellings of names above. */
const ALIASES: Readonly<Record<string, string>> = {
  '.': 'source',
  '[': 'test',
  '[[': 'test',
  ':': 'true',
  nodejs: 'node',
  gmake: 'make',
  gsed: 'sed',
  mawk: 'awk',
  batcat: 'bat',
  fdfind: 'fd',
  exa: 'eza',
  ll: 'ls',
  la: 'ls',
  l: 'ls',
  k: 'kubectl',
  g: 'git',
  bsdtar: 'tar',
  '7za': '7z',
  'mkfs.ext4': 'mkfs',
  'mkfs.xfs': 'mkfs',
  'fsck.ext4': 'fsck',
}

const DICTIONARY: ReadonlyMap<string, ToolUsed> = new Map(
  CATEGORIES.flatMap((category) =>
    TOOLS[category].split(' ').map((tool): [string, ToolUsed] => [tool, { tool, category }]),
  ),
)

/** Every name that can come out of `toolOf`, `other` included. */
export const TOOL_NAMES: ReadonlySet<string> = new Set([...DICTIONARY.keys(), OTHER.tool])

/**
 * The dictionary's entry for a command word without its path: `git`, `Rscript`, `python3.11` and `gcc-12` (versions
 * are left out), `[`. Undefined and unknown words are `other`.
 */
export function toolOf(word: string | undefined): ToolUsed {
  if (word === undefined) return OTHER
  const name = word.toLowerCase()
  return find(name) ?? find(name.replace(/-?\d+(?:\.\d+)*$/, '')) ?? OTHER
}

function find(name: string): ToolUsed | undefined {
  return DICTIONARY.get(Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name)
}
