using Loyalty.Connectors.Templates;
using Loyalty.Messages;

namespace Loyalty.Tests.Connectors;

public sealed class JsonFilterTests
{
    [Theory]
    [InlineData("{{ first_name | json }}", "Ann", "\"Ann\"")]
    [InlineData("{{ first_name | json }}", "a\"b\\c\n", "\"a\\\"b\\\\c\\n\"")]
    [InlineData("{{ first_name | json }}", "Zoë", "\"Zoë\"")]
    [InlineData("{{ first_name | split: ',' | json }}", "a,b", "[\"a\",\"b\"]")]
    [InlineData("{{ first_name | plus: 1 | json }}", "2", "3")]
    public void A_value_is_written_as_JSON_has_it(string template, string name, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("loyalty-json-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "monthly-status.sms.liquid"), template);
            var message = TemplateSet.Load(folder.FullName, ["email", "sms"]).Render(
                MessageKind.MonthlyStatus, "sms", string.Empty, new Dictionary<string, string>(StringComparer.Ordinal) { ["first_name"] = name });
            Assert.Equal(expected, message.Text);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
