module quorate.dev/bundle/metallb

go 1.26.0

require go.universe.tf/metallb v0.15.2

tool (
	go.universe.tf/metallb/controller
	go.universe.tf/metallb/speaker
)
