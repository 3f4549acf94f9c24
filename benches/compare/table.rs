//! The table: medians, and ratios to the floor and to the tool taken round by round.

use crate::contestants::Contestant;
use crate::measure::Run;

/// Prints a row for each.
pub fn print(files: u32, results: &[(&Contestant, Vec<Run>)]) {
    println!("\n| | wall s | CPU s | CPU µs a file | CPU / floor | CPU / dcm2fhir | peak MB | files/s |");
    println!("|---|---|---|---|---|---|---|---|");
    let runs = |at: usize| results.get(at).map(|(_, runs)| runs.as_slice()).unwrap_or_default();
    for (contestant, own) in results {
        let (wall, cpu) = (median(own.iter().map(|run| run.wall)), median(own.iter().map(|run| run.cpu)));
        let memory = median(own.iter().map(|run| run.memory));
        let (floor, tool) = (ratio(own, runs(0)), ratio(own, runs(1)));
        let (each, rate) = (cpu * 1e6 / f64::from(files), f64::from(files) / wall);
        let name = contestant.name;
        println!("| {name} | {wall:.2} | {cpu:.3} | {each:.1} | {floor:.2} | {tool:.2} | {memory:.0} | {rate:.0} |");
    }
}

/// The median of the ratios of CPU, each of one round.
fn ratio(runs: &[Run], to: &[Run]) -> f64 {
    median(runs.iter().zip(to).map(|(run, to)| run.cpu / to.cpu))
}

/// The one in the middle.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
