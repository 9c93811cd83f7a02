#!/bin/sh
# A Slurm of one node, this machine, without accounting: munged, slurmctld and slurmd as the user who calls.
#   tests/slurm.sh start FOLDER [CPUS]    key, state and logs go to FOLDER, the configuration to /etc/slurm/slurm.conf
#   tests/slurm.sh stop FOLDER
# The plug-in drops SLURM_CONF inside jobs, so the configuration must be where Slurm looks for it.
set -eu
PATH="$PATH:/usr/sbin"
folder="$2"
conf=/etc/slurm/slurm.conf
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
case "$1" in
start)
	if [ -e "$conf" ] && ! grep -q "of hwlib's tests" "$conf"; then
		echo "$conf is there: this machine has a Slurm of its own, which is left alone." >&2
		exit 1
	fi
	cpus="${3:-$(getconf _NPROCESSORS_ONLN)}"
	user="$(id -un)"
	node="$(hostname -s)"
	memory="$(awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo)"
	mkdir -p "$folder/state" "$folder/spool"
	chmod 755 "$folder" # munge wants its socket to be within reach of all
	head -c 1024 /dev/urandom > "$folder/munge.key"
	chmod 400 "$folder/munge.key"
	root tee "$conf" > /dev/null <<-END
		# of hwlib's tests
		ClusterName=one
		SlurmctldHost=$node(127.0.0.1)
		SlurmctldPort=16817
		SlurmdPort=16818
		SlurmUser=$user
		SlurmdUser=$user
		AuthType=auth/munge
		AuthInfo=socket=$folder/munge.socket
		StateSaveLocation=$folder/state
		SlurmdSpoolDir=$folder/spool
		SlurmctldPidFile=$folder/slurmctld.pid
		SlurmdPidFile=$folder/slurmd.pid
		SlurmctldLogFile=$folder/slurmctld.log
		SlurmdLogFile=$folder/slurmd.log
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		MpiDefault=none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU_Memory
		AccountingStorageType=accounting_storage/none
		JobAcctGatherType=jobacct_gather/none
		SchedulerParameters=sched_interval=5,bf_interval=5
		SlurmdParameters=config_overrides
		ReturnToService=2
		KillWait=5
		NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory
		PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE
	END
	munged --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munge.pid" \
		--log-file="$folder/munge.log" --seed-file="$folder/munge.seed"
	slurmctld
	slurmd
	for _ in $(seq 30); do
		if sinfo --noheader --format=%T 2> /dev/null | grep -q idle; then exit 0; fi
		sleep 1
	done
	echo "Slurm did not start; its logs are in $folder." >&2
	exit 1
	;;
stop)
	scancel --user="$(id -un)" && sleep 6 || true # Slurm ends them within KillWait
	for one in slurmd slurmctld munge; do
		pid="$(cat "$folder/$one.pid" 2> /dev/null)" || continue
		kill "$pid" || continue
		for _ in $(seq 20); do kill -0 "$pid" 2> /dev/null && sleep 0.5 || break; done # it writes its state
	done
	root rm -f "$conf"
	;;
*)
	echo "usage: tests/slurm.sh start|stop FOLDER [CPUS]" >&2
	exit 2
	;;
esac
