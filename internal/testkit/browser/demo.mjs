// Fills a folder with the demo and ends: node demo.mjs FOLDER.
import { serveIn } from './lib.mjs';

const demo = await serveIn(process.argv[2], '--demo');
await demo.stop({ keep: true });
