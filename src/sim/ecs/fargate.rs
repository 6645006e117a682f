//! Sizes that Fargate offers.

use super::super::wire::{error::ApiError, input::Input};

/// CPU units with the smallest and largest memory and its step, in MiB.
const SIZES: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2_048, 512),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];

/// The task's `cpu` and `memory` as units and MiB; `ClientException` where Fargate is required and has no such size.
pub fn size(input: Input<'_>) -> Result<(String, String), ApiError> {
    let (cpu, memory) = (input.text("cpu")?, input.text("memory")?);
    let units = |text: Option<&str>, suffix| text.map(|text| amount(text, suffix)).transpose();
    let (cpu, memory) = (units(cpu, "vcpu")?, units(memory, "gb")?);
    if input.texts("requiresCompatibilities")?.iter().any(|it| it == "FARGATE") {
        let (Some(cpu), Some(memory)) = (cpu, memory) else {
            return Err(refused(
                "Fargate requires task definition to have cpu and memory at the task level.".to_owned(),
            ));
        };
        if !offered(cpu, memory) {
            return Err(refused(format!(
                "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
            )));
        }
    }
    let text = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    Ok((text(cpu), text(memory)))
}

/// Whether a task of `cpu` units and `memory` MiB exists on Fargate.
fn offered(cpu: u32, memory: u32) -> bool {
    let fits = |&(units, low, high, step): &(u32, u32, u32, u32)| {
        units == cpu && (low..=high).contains(&memory) && (memory - low).is_multiple_of(step)
    };
    // 256 units take 512, 1024 and 2048 MiB only, not 1536.
    SIZES.iter().any(fits) && (cpu, memory) != (256, 1_536)
}

/// `1024`, or in thousands of 1024 with a suffix (`1 vCPU`, `2 GB`).
fn amount(text: &str, suffix: &str) -> Result<u32, ApiError> {
    let lower = text.trim().to_lowercase();
    let number = match lower.strip_suffix(suffix) {
        Some(number) => number.trim().parse::<f64>().map(|number| (number * 1_024.0) as u32).ok(),
        None => lower.parse().ok(),
    };
    number.ok_or_else(|| refused(format!("Invalid 'cpu' or 'memory' setting for task: {text}")))
}

fn refused(message: String) -> ApiError {
    ApiError::bad_request("ClientException", message)
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::wire::value::{Value, shape},
        *,
    };

    fn asked(cpu: &str, memory: &str) -> Result<(String, String), ApiError> {
        let required = Value::list(["FARGATE"]);
        size(Input(&shape! { "cpu" => cpu, "memory" => memory, "requiresCompatibilities" => required }))
    }

    #[test]
    fn sizes_that_exist_are_taken_in_both_spellings() {
        for (cpu, memory) in [("256", "1024"), (".25 vCPU", "1 GB"), ("512", "1024"), ("8192", "20480")] {
            assert!(asked(cpu, memory).is_ok(), "{cpu} {memory}");
        }
        assert_eq!(asked("1 vCPU", "2 GB").unwrap(), ("1024".to_owned(), "2048".to_owned()));
    }

    #[test]
    fn sizes_that_do_not_exist_are_refused() {
        for (cpu, memory) in [("256", "4096"), ("256", "1536"), ("300", "512"), ("512", "512"), ("x", "512")] {
            assert_eq!(asked(cpu, memory).unwrap_err().code, "ClientException", "{cpu} {memory}");
        }
    }
}
