using System.Globalization;
using System.Text.RegularExpressions;
using Fluid;
using Fluid.Ast;

namespace Loyalty.Connectors.Templates;

/// <summary>Looks at the names that a template uses, whether a branch of it is rendered or not.</summary>
internal sealed class TemplateNames : AstVisitor
{
    private readonly List<string> _used = [];
    private readonly List<string> _filters = [];
    private readonly HashSet<string> _own = new(StringComparer.Ordinal) { "forloop", "tablerowloop", "empty", "blank", "nil" };

    /// <summary>What templates are rendered with: no culture, no files, no clock, an end to loops.</summary>
    public static TemplateOptions Options { get; } = Make();

    /// <summary>The first name that is neither a variable nor the template's own, or an unknown filter.</summary>
    public static (int Line, string What)? FindUnknown(IFluidTemplate template, string source, IReadOnlyCollection<string> variables)
    {
        var names = new TemplateNames();
        names.VisitTemplate(template);
        foreach (var name in names._used)
        {
            if (!names._own.Contains(name) && !variables.Contains(name, StringComparer.Ordinal))
            {
                return (LineOf(source, name), $"there is no variable '{name}'; there are {string.Join(", ", variables)}");
            }
        }

        foreach (var filter in names._filters)
        {
            if (!Options.Filters.TryGetValue(filter, out _))
            {
                return (LineOf(source, filter), $"there is no filter '{filter}'");
            }
        }

        return null;
    }

    protected override Expression VisitMemberExpression(MemberExpression memberExpression)
    {
        if (memberExpression.Segments is [IdentifierSegment first, ..])
        {
            _used.Add(first.Identifier);
        }

        return base.VisitMemberExpression(memberExpression);
    }

    protected override Expression VisitFilterExpression(FilterExpression filterExpression)
    {
        _filters.Add(filterExpression.Name);
        return base.VisitFilterExpression(filterExpression);
    }

    protected override Statement VisitAssignStatement(AssignStatement assignStatement)
    {
        _own.Add(assignStatement.Identifier);
        return base.VisitAssignStatement(assignStatement);
    }

    protected override Statement VisitCaptureStatement(CaptureStatement captureStatement)
    {
        _own.Add(captureStatement.Identifier);
        return base.VisitCaptureStatement(captureStatement);
    }

    protected override Statement VisitForStatement(ForStatement forStatement)
    {
        _own.Add(forStatement.Identifier);
        return base.VisitForStatement(forStatement);
    }

    private static TemplateOptions Make()
    {
        var options = new TemplateOptions
        {
            CultureInfo = CultureInfo.InvariantCulture,
            TimeZone = TimeZoneInfo.Utc,
            MaxSteps = 100_000,
            MaxRecursion = 20,
            StrictFilters = true,
            Now = static () => DateTimeOffset.UnixEpoch,
        };
        JsonFilter.AddTo(options);
        return options;
    }

    private static int LineOf(string source, string name)
    {
        var place = Regex.Match(source, $@"(?<![\w-]){Regex.Escape(name)}(?![\w-])", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        return place.Success ? source.AsSpan(0, place.Index).Count('\n') + 1 : 1;
    }
}
