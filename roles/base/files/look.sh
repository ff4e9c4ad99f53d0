# Prints what the role must know of the host, as YAML. Changes nothing.
set -u

set -- $(stat --file-system --format '%a %S' /var)
echo "disk_free_mb: $(($1 * $2 / 1048576))"

container=false
systemd-detect-virt --container --quiet && container=true
echo "container: $container"

# Without lists and python3-apt nothing can be installed, nor said what would be. A day is fresh enough.
lists=/var/lib/apt/lists
usable=false
[[ -n $(find $lists -name '*_Packages*' -print -quit 2>/dev/null) ]] &&
    [[ -n $(find $lists -maxdepth 1 -type d -mtime -1 -print -quit) ]] &&
    python3 -c 'import apt_pkg' 2>/dev/null && usable=true
echo "package_lists: $usable"

firewall=false
command -v ufw firewall-cmd >/dev/null && firewall=true
echo "other_firewall: $firewall"

user=${SUDO_USER:-$(id --user --name)}
settings=$(sshd -T -C "user=$user,host=localhost,addr=127.0.0.1" 2>/dev/null)
echo "ssh_ports: [$(awk '$1 == "port" { printf "%s%s", comma, $2; comma = ", " }' <<<"$settings")]"

# Passwords may be switched off when the user of this very connection can come back with a key.
home=$(getent passwd "$user" | cut -d: -f6)
key=false
if grep --quiet '^pubkeyauthentication yes' <<<"$settings"; then
    for file in $(sed -n 's/^authorizedkeysfile //p' <<<"$settings"); do
        file=${file//%h/$home} file=${file//%u/$user}
        [[ $file == /* ]] || file=$home/$file
        ssh-keygen -l -f "$file" >/dev/null 2>&1 && key=true
    done
fi
echo "user: $user"
echo "key_login: $key"

# Those that are active now and started at boot.
running=$(systemctl list-units --state=active --type=service,timer --plain --no-legend | cut -d ' ' -f 1 |
    xargs systemctl show --property=Id,UnitFileState |
    awk -F = '$1 == "Id" { unit = $2 } /^UnitFileState=enabled/ { print unit }')
echo "running: [${running//$'\n'/, }]"

installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
echo "installed: [${installed//$'\n'/, }]"
