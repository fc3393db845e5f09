import { readFileSync } from 'node:fs';
const root = process.argv[2]!;
const { createSummarizer } = await import(`${root}/src/lib/summarizer/summarizer.ts`);
const { processorSeconds } = await import(`/work/wt-i22/test/support/processor-time.ts`);
const { seeded } = await import('/work/wt-i22/test/support/seeded.ts');
const prose = (JSON.parse(readFileSync('/work/wt-i22/bench/texts/report.json', 'utf8')) as readonly { text: string }[]).map(({ text }) => text).join('\n\n');
const words=[...new Set(prose.match(/[A-Za-z]+/g)!)];
/* a vocabulary of 30,000 word forms, drawn as Zipf's law has it; sentences of 8 to 25 words, paragraphs of 5 */
const forms=Array.from({length:30000},(_,i)=>i<words.length?words[i]!.toLowerCase():words[(i*7)%words.length]!.toLowerCase()+words[(i*13+i/words.length|0)%words.length]!.toLowerCase().slice(0,4));
function zipf(r:number){return Math.min(29999,Math.floor(Math.exp(r*Math.log(30000)))-1);}
const kinds:Record<string,(mb:number)=>string>={
 prose(mb){const parts:string[]=[];for(let n=0,l=0;l<mb*1e6;n++){const p=`${prose.replaceAll('. ', `, as item${n} says. `)}\n\n`;parts.push(p);l+=p.length;}return parts.join('');},
 zipf(mb){const rnd=seeded(22);const parts:string[]=[];let l=0;for(let s=0;l<mb*1e6;s++){const n=8+Math.floor(rnd()*18);const w:string[]=[];for(let i=0;i<n;i++)w.push(forms[zipf(rnd())]!);const t=w[0]![0]!.toUpperCase()+w.join(' ').slice(1)+'.'+(s%5===4?'\n\n':' ');parts.push(t);l+=t.length;}return parts.join('');},
};
const only=process.argv[3]?.split(',')??Object.keys(kinds);
const sizes=(process.argv[4]??'1,8,33').split(',').map(Number);
const s = await createSummarizer({modelDirectory:null});
for(const k of only){await s.summarize([{name:'t',text:kinds[k]!(1)}],{});
for (const mb of sizes) { const t=kinds[k]!(mb); const x=await processorSeconds(async()=>{await s.summarize([{name:'t',text:t}],{})}); console.log(root,k,mb,'MB', x.toFixed(2),'s', (x/mb).toFixed(3),'s/MB');}}
