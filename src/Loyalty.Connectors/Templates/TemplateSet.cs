using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using Fluid;
using Fluid.Values;
using Loyalty.Messages;

namespace Loyalty.Connectors.Templates;

/// <summary>What is wrong with a template.</summary>
public sealed class TemplateException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">File, line, what was found.</param>
    public TemplateException(string message)
        : base(message)
    {
    }
}

/// <summary>A message as a template made it.</summary>
/// <param name="Subject">The subject, in one line; empty where the template has none.</param>
/// <param name="Text">The plain text; empty when there is HTML only.</param>
/// <param name="Html">The HTML; <see langword="null"/> when there is text only.</param>
public sealed record RenderedMessage(string Subject, string Text, string? Html);

/// <summary>The templates of messages, by kind, channel and locale: those of a folder before those that are built in.</summary>
/// <remarks>
/// Files are <c>KIND.CHANNEL[.LOCALE].liquid</c> and <c>….html.liquid</c>. All are parsed and rendered once with sample values when the set is made,
/// so that a fault is met before anything is sent. Thread-safe.
/// </remarks>
public sealed class TemplateSet
{
    private static readonly FluidParser Parser = new();

    private readonly Dictionary<(MessageKind Kind, string Channel, string Locale), (MessageTemplate? Text, MessageTemplate? Html)> _templates = [];

    private TemplateSet()
    {
    }

    /// <summary>The variables that templates may use.</summary>
    public static IReadOnlyList<string> Variables { get; } =
    [
        "customer", "first_name", "last_name", "stage", "discount_percent", "expires_on", "days_left", "points", "points_value", "cumulative_days",
        "reward", "program", "unsubscribe_url",
    ];

    /// <summary>The templates that are built in.</summary>
    public static TemplateSet BuiltIn { get; } = Load(null, ["email", "sms"]);

    /// <summary>Reads a folder, over what is built in.</summary>
    /// <param name="folder">The folder, or <see langword="null"/> for what is built in only.</param>
    /// <param name="channels">The channels that there are: a file of another one is refused.</param>
    /// <exception cref="TemplateException">A file has a name or a content that is no template.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TemplateSet Load(string? folder, IEnumerable<string> channels)
    {
        var set = new TemplateSet();
        var known = channels.ToHashSet(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var kind in Enum.GetValues<MessageKind>())
        {
            foreach (var form in (ReadOnlySpan<string>)["email", "sms"])
            {
                using var stream = assembly.GetManifestResourceStream($"{kind.Word()}.{form}.liquid")!;
                using var reader = new StreamReader(stream, Encoding.UTF8);
                var source = reader.ReadToEnd();

                // Channels of other names are short texts, too.
                foreach (var channel in known.Where(c => string.Equals(c, form, StringComparison.Ordinal) || (form is "sms" && c is not ("email" or "sms"))).Append(form).Distinct(StringComparer.Ordinal))
                {
                    set.Add((kind, channel, string.Empty), isHtml: false, MessageTemplate.Parse(Parser, $"{kind.Word()}.{form}.liquid", source, isHtml: false, form is "email"));
                }
            }
        }

        if (folder is not null)
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.liquid").Order(StringComparer.Ordinal))
            {
                set.AddFile(path, known);
            }
        }

        return set;
    }

    /// <summary>Renders a message.</summary>
    /// <param name="kind">About what.</param>
    /// <param name="channel">On which channel.</param>
    /// <param name="locale">The receiver's locale: <c>fr-CA</c> is looked for, then <c>fr</c>, then the templates without one.</param>
    /// <param name="values">The variables; one that is not there is empty.</param>
    public RenderedMessage Render(MessageKind kind, string channel, string locale, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(locale);
        ArgumentNullException.ThrowIfNull(values);
        foreach (var candidate in Locales(locale))
        {
            if (_templates.TryGetValue((kind, channel, candidate), out var found))
            {
                var text = found.Text?.Render(values);
                var html = found.Html?.Render(values);
                return new RenderedMessage(text?.Subject ?? html?.Subject ?? string.Empty, text?.Body ?? string.Empty, html?.Body);
            }
        }

        throw new TemplateException($"There is no template for {kind.Word()} on the channel '{channel}'.");
    }

    private static IEnumerable<string> Locales(string locale)
    {
        var full = locale.Trim().Replace('_', '-').ToLowerInvariant();
        if (full.Length > 0)
        {
            yield return full;
            if (full.IndexOf('-') is > 0 and var dash)
            {
                yield return full[..dash];
            }
        }

        yield return string.Empty;
    }

    private void AddFile(string path, HashSet<string> channels)
    {
        var name = Path.GetFileName(path);
        var parts = name[..^".liquid".Length].Split('.');
        var isHtml = parts is [_, _, .., "html"];
        parts = isHtml ? parts[..^1] : parts;
        if (parts.Length is not (2 or 3) || !MessageKinds.TryParse(parts[0], out var kind))
        {
            throw new TemplateException(
                $"{name}: the name of a template is KIND.CHANNEL[.LOCALE].liquid or ….html.liquid; kinds are {string.Join(", ", Enum.GetValues<MessageKind>().Select(static k => k.Word()))}.");
        }

        if (!channels.Contains(parts[1]))
        {
            throw new TemplateException($"{name}: there is no channel '{parts[1]}'; channels are {string.Join(", ", channels.Order(StringComparer.Ordinal))}.");
        }

        string source;
        try
        {
            source = new UTF8Encoding(false, true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (ArgumentException)
        {
            throw new TemplateException($"{name}: is no UTF-8 text.");
        }

        Add((kind, parts[1], parts.Length == 3 ? parts[2].Replace('_', '-').ToLowerInvariant() : string.Empty), isHtml,
            MessageTemplate.Parse(Parser, name, source, isHtml, parts[1] is "email"), replaces: true);
    }

    private void Add((MessageKind Kind, string Channel, string Locale) place, bool isHtml, MessageTemplate template, bool replaces = false)
    {
        // The first file of a place takes it from what is built in, whole.
        var found = _templates.GetValueOrDefault(place);
        if (replaces && (found.Text is { IsBuiltIn: true } || found.Html is { IsBuiltIn: true }))
        {
            found = default;
        }

        _templates[place] = isHtml ? (found.Text, template with { IsBuiltIn = !replaces }) : (template with { IsBuiltIn = !replaces }, found.Html);
    }
}

/// <summary>One template.</summary>
internal sealed record MessageTemplate
{
    private static readonly Dictionary<string, string> Sample = TemplateSet.Variables.ToDictionary(static v => v, static v => v switch
    {
        "days_left" => "30",
        "points" => "120",
        "discount_percent" => "10",
        "expires_on" => "2025-01-31",
        _ => v,
    }, StringComparer.Ordinal);

    private readonly string _name;
    private readonly IFluidTemplate _body;
    private readonly IFluidTemplate? _subject;
    private readonly bool _isHtml;

    private MessageTemplate(string name, IFluidTemplate body, IFluidTemplate? subject, bool isHtml) =>
        (_name, _body, _subject, _isHtml) = (name, body, subject, isHtml);

    public bool IsBuiltIn { get; init; }

    /// <summary>Parses a source and renders it once.</summary>
    public static MessageTemplate Parse(FluidParser parser, string name, string source, bool isHtml, bool hasSubject)
    {
        IFluidTemplate? subject = null;
        var body = source;
        var line = 1;
        const string Subject = "subject:";
        if (hasSubject)
        {
            var end = source.IndexOf('\n');
            var first = end < 0 ? source : source[..end];
            if (first.StartsWith(Subject, StringComparison.OrdinalIgnoreCase))
            {
                subject = Parse(parser, name, first[Subject.Length..].Trim(), 1);
                body = end < 0 ? string.Empty : source[(end + 1)..];
                line = 2;
            }
            else if (!isHtml)
            {
                throw new TemplateException($"{name}:1: expected a first line 'subject: …', found '{Shown(first)}'.");
            }
        }

        var template = new MessageTemplate(name, Parse(parser, name, body, line), subject, isHtml);
        template.Render(Sample);
        return template;
    }

    /// <summary>Renders with values; a variable that is not among them is empty.</summary>
    public (string? Subject, string Body) Render(IReadOnlyDictionary<string, string> values)
    {
        // A value that is markup in a subject stays as it is; in HTML it is text.
        var subject = _subject is null ? null : Render(_subject, values, NullEncoder.Default).ReplaceLineEndings(" ").Trim();
        return (subject, Render(_body, values, _isHtml ? HtmlEncoder.Default : NullEncoder.Default));
    }

    private static IFluidTemplate Parse(FluidParser parser, string name, string source, int firstLine)
    {
        if (!parser.TryParse(source, out var template, out var error))
        {
            throw new TemplateException($"{name}:{Moved(error, firstLine)}");
        }

        if (TemplateNames.FindUnknown(template, source, TemplateSet.Variables) is { } unknown)
        {
            throw new TemplateException($"{name}:{firstLine + unknown.Line - 1}: {unknown.What}");
        }

        return template;
    }

    /// <summary>The parser's words with the line in front, as the file counts lines.</summary>
    private static string Moved(string error, int firstLine)
    {
        var text = error.Split('\n')[0].Trim();
        var at = text.LastIndexOf(" at (", StringComparison.Ordinal);
        return at >= 0 && text[(at + 5)..].Split(':') is [var number, ..] && int.TryParse(number, CultureInfo.InvariantCulture, out var line)
            ? string.Create(CultureInfo.InvariantCulture, $"{line + firstLine - 1}: {text[..at]}")
            : $"{firstLine}: {text}";
    }

    private static string Shown(string text) => text.Length <= 40 ? text.Trim() : text[..40].Trim() + "…";

    private string Render(IFluidTemplate template, IReadOnlyDictionary<string, string> values, TextEncoder encoder)
    {
        var context = new TemplateContext(TemplateNames.Options, StringComparer.Ordinal);
        foreach (var variable in TemplateSet.Variables)
        {
            context.SetValue(variable, new StringValue(values.GetValueOrDefault(variable) ?? string.Empty));
        }

        try
        {
            return template.Render(context, encoder);
        }
        catch (Exception e) when (e is not TemplateException and not OutOfMemoryException)
        {
            throw new TemplateException($"{_name}: cannot be rendered: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
