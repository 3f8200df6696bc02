use crate::scene;
use bugle_store::*;
use bugle_task::*;
use std::sync::mpsc;
use std::time::Instant;
#[test]
fn speed() {
    for (memory, apps, retain) in
        [(false, 1usize, false), (false, 16, false), (false, 16, true), (true, 1, false)]
    {
        let s = if memory { scene::Scene::in_memory() } else { scene::Scene::in_a_folder() };
        let keys: Vec<AppKey> =
            (0..apps).map(|i| s.install(&format!("com.example.a{i}"), scene::COMPONENT)).collect();
        let n = 60_000usize;
        let (tx, rx) = mpsc::channel();
        let mut change = std::collections::HashMap::new();
        let content = vec![b'x'; 1024];
        let start = Instant::now();
        let cpu = || {
            std::fs::read_dir("/proc/self/task")
                .unwrap()
                .filter_map(|t| {
                    let p = t.unwrap().path();
                    let c = std::fs::read_to_string(p.join("comm")).unwrap();
                    if c.trim() == "bugle-store" {
                        let x = std::fs::read_to_string(p.join("schedstat")).unwrap();
                        x.split(' ').next().unwrap().parse::<u64>().ok()
                    } else {
                        None
                    }
                })
                .sum::<u64>()
        };
        let cpu0 = cpu();
        let window = 128.min(32 * apps);
        let (mut sent, mut done) = (0, 0);
        enum E {
            A(Accepted),
            C(Committed),
        }
        let send = |k: usize| {
            let a = Accept {
                app: keys[k % apps],
                channel: None,
                task: scene::name("task"),
                trigger: scene::push(&content),
                accepted_at: 1,
                expires_at: None,
                attempts_max: 5,
                once: false,
            };
            let tx = tx.clone();
            s.store.accept(a, move |r| {
                let _ = tx.send(E::A(r.unwrap()));
            });
        };
        while sent < window {
            send(sent);
            sent += 1;
        }
        while done < n {
            let mut turns: std::collections::BTreeMap<AppKey, Vec<Claim>> = Default::default();
            let first = rx.recv().unwrap();
            for e in std::iter::once(first).chain(rx.try_iter()) {
                match e {
                    E::A(a) => {
                        if let Some(c) = a.claim {
                            turns.entry(c.app).or_default().push(c)
                        }
                    }
                    E::C(c) => {
                        for c in c.claims {
                            turns.entry(c.app).or_default().push(c)
                        }
                    }
                }
            }
            for (app, claims) in turns {
                let ch = change.entry(app).or_insert(0u64);
                let mut runs = vec![];
                for c in claims {
                    let e = Effects {
                        settings: [scene::set("last", "hello world")].into(),
                        ..Effects::default()
                    };
                    runs.push(Ended {
                        run: c.run,
                        end: End::Completed,
                        record: Some(scene::record(*ch, Outcome::Completed, e)),
                    });
                    *ch += 1;
                    done += 1;
                    if sent < n {
                        send(sent);
                        sent += 1;
                    }
                }
                let tx = tx.clone();
                s.store.commit(Turn { app, runs, now: 10, claim_next: 32 }, move |r| {
                    let _ = tx.send(E::C(r.unwrap()));
                });
                if retain {
                    s.store.retain(Retention::default(), 10, |r| {
                        r.unwrap();
                    });
                }
            }
        }
        wait(|r| s.store.release(s.app, vec![], r)).unwrap();
        let t = start.elapsed();
        println!(
            "memory {memory} apps {apps} retain {retain}: {:.0}/s, writer cpu {:.1} us each",
            n as f64 / t.as_secs_f64(),
            (cpu() - cpu0) as f64 / 1000.0 / n as f64
        );
        println!("{:?}", s.store.reader().totals().unwrap());
    }
}
