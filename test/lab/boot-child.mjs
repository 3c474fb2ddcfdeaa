// Boots the machines of a lab, to be killed in the middle. Arguments: the cluster and the image as JSON, the state directory.
import { openLab } from '../../dist/lab/lab.js'

const [cluster, image, stateRoot] = [JSON.parse(process.argv[2]), JSON.parse(process.argv[3]), process.argv[4]]
const lab = openLab(cluster, stateRoot)
console.log('begins')
await lab.prepare()
console.log('prepared')
await Promise.all(cluster.machines.map((m) => lab.boot(m.name, image)))
console.log('booted')
