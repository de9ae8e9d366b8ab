//! Runs the tree of a script: statements, expressions, pipelines. Cmdlets are elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::cmdlets;
use super::operators;
use super::syntax::{Argument, Block, Command, Expression, First, Pipeline, Statement, Target};
use super::value::{Date, Object, Value, Zone};
use super::world::World;

/// An error of PowerShell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) inner: Option<String>,
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) hresult: i64,
}

/// Why a statement did not come to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// An error that a `catch` takes.
    Throw(Failure),
    /// An error that is thrown or written down, as the preference says.
    Report(Failure),
    Exit(i64),
    /// The script left the subset. Nothing takes that.
    Outside(String),
    /// The process dies.
    Die,
}

pub(crate) type Run<T> = Result<T, Stop>;

/// COR_E_EXCEPTION, the code of an exception without a better one.
const ANY_EXCEPTION: i64 = -2_146_233_088;

impl Failure {
    /// Makes an error of a message, an id and the name of its exception.
    pub(crate) fn new(message: &str, id: &str, reason: &str) -> Self {
        Self {
            message: message.to_owned(),
            inner: None,
            id: id.to_owned(),
            reason: reason.to_owned(),
            hresult: ANY_EXCEPTION,
        }
    }

    /// Makes the error record that `$_` holds.
    pub(crate) fn record(&self) -> Value {
        let inner = self.inner.as_ref().map_or(Value::Null, |text| {
            Object::of("Exception", text, vec![("Message", Value::text(text)), ("InnerException", Value::Null)])
        });
        let exception = vec![
            ("Message", Value::text(&self.message)),
            ("InnerException", inner),
            ("HResult", Value::Number(self.hresult)),
        ];
        let category = vec![("Reason", Value::text(&self.reason))];
        Object::of(
            "System.Management.Automation.ErrorRecord",
            &self.message,
            vec![
                ("Exception", Object::of("Exception", &self.message, exception)),
                ("FullyQualifiedErrorId", Value::text(&self.id)),
                ("CategoryInfo", Object::of("CategoryInfo", &self.reason, category)),
            ],
        )
    }
}

/// A session.
pub(crate) struct Session<'a> {
    pub(crate) world: &'a World,
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
    /// Modules and snap-ins that are loaded.
    pub(crate) loaded: BTreeSet<String>,
    pub(crate) location: String,
}

impl Session<'_> {
    /// Runs a script and returns its exit code.
    pub(crate) fn script(&mut self, statements: &[Statement]) -> Run<i64> {
        for statement in statements {
            let mut output = Vec::new();
            let ended = self.statement(statement, &mut output);
            self.stdout.extend(output.iter().map(Value::words));
            match ended {
                Ok(()) => {}
                Err(Stop::Exit(code)) => return Ok(code),
                Err(Stop::Throw(failure) | Stop::Report(failure)) => {
                    self.stderr.push(failure.message);
                    return Ok(1);
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(0)
    }

    fn block(&mut self, statements: &[Statement], output: &mut Vec<Value>) -> Run<()> {
        statements.iter().try_for_each(|statement| self.statement(statement, output))
    }

    fn statement(&mut self, statement: &Statement, output: &mut Vec<Value>) -> Run<()> {
        match statement {
            Statement::Assign(name, pipeline) => {
                let value = self.value(pipeline)?;
                self.assign(name, value)
            }
            Statement::Pipeline(pipeline) => {
                output.extend(self.output(pipeline)?);
                Ok(())
            }
            Statement::If(branches, otherwise) => {
                for (condition, body) in branches {
                    if self.value(condition)?.truth() {
                        return self.block(body, output);
                    }
                }
                self.block(otherwise, output)
            }
            Statement::Try { body, catch, finally } => {
                let mut ended = self.block(body, output);
                if let (Err(Stop::Throw(failure)), Some(catch)) = (&ended, catch) {
                    let before = self.variables.insert("_".to_owned(), failure.record());
                    ended = self.block(catch, output);
                    self.restore("_", before);
                }
                if !matches!(ended, Err(Stop::Outside(_) | Stop::Die)) {
                    self.block(finally, output)?;
                }
                ended
            }
            Statement::Throw(pipeline) => {
                let text = self.value(pipeline)?.words();
                Err(Stop::Throw(Failure::new(&text, &text, "RuntimeException")))
            }
            Statement::Exit(pipeline) => match self.value(pipeline)? {
                Value::Number(code) => Err(Stop::Exit(code)),
                other => Err(Stop::Outside(format!("outside the subset: exit {}", other.words()))),
            },
        }
    }

    fn assign(&mut self, name: &str, value: Value) -> Run<()> {
        let lower = name.to_lowercase();
        // These variables have a type, which refuses other words.
        if lower.ends_with("preference") && !PREFERENCES.contains(&value.words().as_str()) {
            let text = format!("Cannot convert value \"{}\" to type \"ActionPreference\".", value.words());
            return Err(Stop::Throw(Failure::new(
                &text,
                "RuntimeException",
                "ArgumentTransformationMetadataException",
            )));
        }
        if lower != "null" {
            self.variables.insert(lower, value);
        }
        Ok(())
    }

    fn restore(&mut self, name: &str, before: Option<Value>) {
        match before {
            Some(value) => self.variables.insert(name.to_owned(), value),
            None => self.variables.remove(name),
        };
    }

    /// The value of a pipeline, as an assignment or a parenthesis keeps it.
    fn value(&mut self, pipeline: &Pipeline) -> Run<Value> {
        match &pipeline.first {
            First::Expression(expression) if pipeline.rest.is_empty() => self.expression(expression),
            _ => Ok(Value::collected(self.output(pipeline)?)),
        }
    }

    fn output(&mut self, pipeline: &Pipeline) -> Run<Vec<Value>> {
        let mut items = match &pipeline.first {
            First::Expression(expression) => self.expression(expression)?.listed(),
            First::Command(command) => self.command(command, Vec::new())?,
        };
        for command in &pipeline.rest {
            items = self.command(command, items)?;
        }
        Ok(items)
    }

    /// Runs a script block with `$_`, or with values for its parameters.
    pub(crate) fn call_block(&mut self, block: &Block, item: Option<Value>, arguments: Vec<Value>) -> Run<Vec<Value>> {
        let mut before = Vec::new();
        let names = block.parameters.iter().map(|name| name.to_lowercase()).zip(arguments);
        for (name, value) in names.chain(item.map(|item| ("_".to_owned(), item))) {
            before.push((name.clone(), self.variables.insert(name, value)));
        }
        let mut output = Vec::new();
        let ended = self.block(&block.body, &mut output);
        for (name, value) in before {
            self.restore(&name, value);
        }
        ended.map(|()| output)
    }

    fn command(&mut self, command: &Command, input: Vec<Value>) -> Run<Vec<Value>> {
        let mut bound = cmdlets::Bound { input, merged: command.merged, ..cmdlets::Bound::default() };
        let mut words = command.arguments.iter().peekable();
        if let Target::Named(name) = &command.target {
            bound.name.clone_from(name);
        }
        while let Some(argument) = words.next() {
            match argument {
                Argument::Parameter(name, Some(value)) => {
                    let value = self.expression(value)?;
                    bound.parameters.push((name.clone(), value));
                }
                Argument::Parameter(name, None) if cmdlets::SWITCHES.contains(&name.as_str()) => {
                    bound.parameters.push((name.clone(), Value::Bool(true)));
                }
                Argument::Parameter(name, None) => match words.next() {
                    Some(Argument::Value(value)) => {
                        let value = self.expression(value)?;
                        bound.parameters.push((name.clone(), value));
                    }
                    _ => return Err(Stop::Outside(format!("outside the subset: -{name} has no value"))),
                },
                Argument::Value(value) => {
                    let value = self.expression(value)?;
                    bound.positional.push(value);
                }
                Argument::Splat(name) => match self.variables.get(&name.to_lowercase()) {
                    Some(Value::Table(entries)) => bound.parameters.extend(entries.iter().cloned()),
                    _ => return Err(Stop::Outside(format!("outside the subset: @{name} is no table"))),
                },
            }
        }
        if let Target::Path(path) = &command.target {
            let path = self.expression(path)?.words();
            return cmdlets::path(self, &path, &bound);
        }
        let result = cmdlets::named(self, &bound);
        self.settle(&bound, result)
    }

    /// Throws an error that was reported, or writes it down, as the call or the session prefers.
    pub(crate) fn settle(&mut self, bound: &cmdlets::Bound, result: Run<Vec<Value>>) -> Run<Vec<Value>> {
        let Err(Stop::Report(failure)) = result else { return result };
        let own = bound.parameter("ErrorAction").map(|value| value.words());
        let action = own.unwrap_or_else(|| self.preference("erroractionpreference"));
        match action.as_str() {
            "Stop" => Err(Stop::Throw(failure)),
            "SilentlyContinue" => Ok(Vec::new()),
            "Continue" => {
                self.stderr.push(failure.message);
                Ok(Vec::new())
            }
            other => {
                let text = format!("Cannot bind parameter 'ErrorAction' to \"{other}\".");
                Err(Stop::Throw(Failure::new(&text, "CannotConvertArgument", "ParameterBindingException")))
            }
        }
    }

    /// Returns a preference of the session.
    pub(crate) fn preference(&self, name: &str) -> String {
        self.variables.get(name).map_or_else(|| "Continue".to_owned(), Value::words)
    }

    /// Evaluates an expression.
    pub(crate) fn expression(&mut self, expression: &Expression) -> Run<Value> {
        match expression {
            Expression::Text(text) => Ok(Value::text(text)),
            Expression::Number(number) => Ok(Value::Number(*number)),
            Expression::Type(name) => Ok(Value::Type(name.clone())),
            Expression::Block(block) => Ok(Value::Block(Rc::clone(block))),
            Expression::Variable(name) => Ok(self.variable(name)),
            Expression::List(items) => {
                Ok(Value::Array(items.iter().map(|item| self.expression(item)).collect::<Run<_>>()?))
            }
            Expression::ArrayOf(statements) => {
                let mut output = Vec::new();
                self.block(statements, &mut output)?;
                Ok(Value::Array(output))
            }
            Expression::Group(pipeline) => self.value(pipeline),
            Expression::Table(entries) => {
                let entries = entries.iter().map(|(key, pipeline)| Ok((key.clone(), self.value(pipeline)?)));
                Ok(Value::Table(entries.collect::<Run<_>>()?))
            }
            Expression::Not(inner) => Ok(Value::Bool(!self.expression(inner)?.truth())),
            Expression::Cast(kind, inner) => {
                let value = self.expression(inner)?;
                operators::cast(kind, value)
            }
            Expression::Binary(operator, left, right) => {
                let left = self.expression(left)?;
                let right = self.expression(right)?;
                operators::binary(operator, left, &right)
            }
            Expression::Member(owner, name) => {
                let owner = self.expression(owner)?;
                self.member(&owner, name)
            }
            Expression::Call(owner, name, arguments) => {
                let owner = self.expression(owner)?;
                let arguments = arguments.iter().map(|one| self.expression(one)).collect::<Run<Vec<_>>>()?;
                self.method(&owner, name, arguments)
            }
        }
    }

    fn variable(&self, name: &str) -> Value {
        match name.to_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            lower => self.variables.get(lower).cloned().unwrap_or(Value::Null),
        }
    }

    fn member(&mut self, owner: &Value, name: &str) -> Run<Value> {
        let outside = || Err(Stop::Outside(format!("outside the subset: {} has no {name}", owner.words())));
        match owner {
            Value::Nothing | Value::Null => Ok(if name == "Count" { Value::Number(0) } else { Value::Null }),
            Value::Array(items) if name == "Count" => Ok(Value::Number(items.len() as i64)),
            Value::Array(items) => {
                let each = items.iter().map(|item| self.member(item, name)).collect::<Run<Vec<_>>>()?;
                Ok(Value::collected(each.into_iter().flat_map(Value::listed).collect()))
            }
            Value::Object(object) if object.kind == "SPTimerService" && name == "RunningJobs" => {
                Ok(cmdlets::running_jobs(self.world))
            }
            Value::Object(object) => match object.property(name) {
                Some(value) => Ok(value),
                None if name == "Count" => Ok(Value::Number(1)),
                None => outside(),
            },
            Value::Table(entries) => {
                let found = entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                Ok(found.map_or(Value::Null, |(_, value)| value.clone()))
            }
            Value::Date(date) if name == "Kind" => Ok(match date.kind {
                Zone::Unspecified => Value::Enum("Unspecified".to_owned(), 0),
                Zone::Utc => Value::Enum("Utc".to_owned(), 1),
                Zone::Local => Value::Enum("Local".to_owned(), 2),
            }),
            Value::Type(kind) => cmdlets::static_property(self.world, kind, name).map_or_else(outside, Ok),
            Value::Text(_) | Value::Number(_) | Value::Bool(_) if name == "Count" => Ok(Value::Number(1)),
            _ => outside(),
        }
    }

    fn method(&mut self, owner: &Value, name: &str, arguments: Vec<Value>) -> Run<Value> {
        if cmdlets::language_mode(self.world) != "FullLanguage" {
            let text = "Cannot invoke method. Method invocation is supported only on core types in this language mode.";
            return Err(Stop::Throw(Failure::new(
                text,
                "MethodInvocationNotSupportedInConstrainedLanguage",
                "RuntimeException",
            )));
        }
        match (owner, name, arguments.as_slice()) {
            (Value::Nothing | Value::Null, ..) => {
                let text = "You cannot call a method on a null-valued expression.";
                Err(Stop::Throw(Failure::new(text, "InvokeMethodOnNull", "RuntimeException")))
            }
            (Value::Type(kind), "Replace", [Value::Text(text), Value::Text(pattern), Value::Block(block)])
                if kind == "regex" =>
            {
                operators::replace(self, text, pattern, block)
            }
            (Value::Type(kind), ..) => cmdlets::static_method(self.world, kind, name, &arguments),
            (Value::Date(date), "ToUniversalTime", []) => Ok(Value::Date(date.universal(cmdlets::offset(self.world)))),
            (Value::Date(date), "ToString", [Value::Text(form)]) => Self::shown(date, form),
            _ => Err(Stop::Outside(format!("outside the subset: the method {name} of {}", owner.words()))),
        }
    }

    fn shown(date: &Date, form: &str) -> Run<Value> {
        match form {
            "o" => Ok(Value::Text(date.round_trip())),
            // Other forms exist; what they give depends on the language of the server.
            other => Ok(Value::Text(format!("a date in the form {other}"))),
        }
    }
}

const PREFERENCES: &[&str] = &["Stop", "Continue", "SilentlyContinue", "Ignore", "Inquire"];
