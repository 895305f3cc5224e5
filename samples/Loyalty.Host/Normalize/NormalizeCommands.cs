using System.CommandLine;
using Loyalty.Identity;

namespace Loyalty.Host.Normalize;

/// <summary><c>loyalty normalize phone | handle | name | email | match-phone</c>.</summary>
internal static class NormalizeCommands
{
    public static Command Create() => Commands.Group(
        "normalize", "Normalises identities: one input per line on stdin, one TSV line per input on stdout.", "printf '%s\\n' '(315) 921-2129' | loyalty normalize phone --region US",
        Phone(), Handle(), Name(), Email(), MatchPhone());

    private static Command Phone()
    {
        var json = JsonOption();
        var region = RegionOption();
        var command = Commands.Described(
            "phone",
            "Reads one phone number per line on stdin, or number TAB region; writes one TSV line for each: input, e164, possible, valid, region, masked, reason, type, extension.",
            "printf '%s\\n' '(315) 921-2129' | loyalty normalize phone --region US",
            region, json);
        return Commands.Action(command, (parsed, console, cancellation) => Run(
            output => NormalizeCommand.RunPhone(console.Input, output, parsed.GetValue(region), cancellation), console, parsed.GetValue(json), cancellation,
            "input", "e164", "possible?", "valid?", "region", "masked?", "reason", "type", "extension"));
    }

    private static Command Handle()
    {
        var json = JsonOption();
        var platform = new Option<string?>("--platform") { Description = "tiktok, instagram or youtube; default: tiktok, unless the text names another." };
        platform.AcceptOnlyFromAmong("tiktok", "instagram", "youtube");
        var command = Commands.Described(
            "handle",
            "Reads one handle per line on stdin, writes one TSV line for each: input, handle, status, reason.",
            "printf '%s\\n' '@Some.Creator' | loyalty normalize handle",
            platform, json);
        return Commands.Action(command, (parsed, console, cancellation) =>
        {
            HandlePlatform? chosen = parsed.GetValue(platform) switch
            {
                "tiktok" => HandlePlatform.TikTok,
                "instagram" => HandlePlatform.Instagram,
                "youtube" => HandlePlatform.YouTube,
                _ => null,
            };
            return Run(
                output => NormalizeCommand.RunHandle(console.Input, output, chosen, cancellation), console, parsed.GetValue(json), cancellation, "input", "handle", "status", "reason");
        });
    }

    private static Command Name()
    {
        var json = JsonOption();
        var command = Commands.Described(
            "name",
            "Repairs one name per line on stdin that was decoded with a wrong code page, writes one TSV line for each: input, repaired, changed.",
            "printf '%s\\n' 'BenjamÃ­n' | loyalty normalize name",
            json);
        return Commands.Action(command, (parsed, console, cancellation) => Run(
            output => NormalizeCommand.RunName(console.Input, output, cancellation), console, parsed.GetValue(json), cancellation, "input", "repaired", "changed?"));
    }

    private static Command Email()
    {
        var json = JsonOption();
        var command = Commands.Described(
            "email",
            "Reads one e-mail address per line on stdin, writes one TSV line for each: input, email, reason.",
            "printf '%s\\n' ' Jane.Doe@Example.COM' | loyalty normalize email",
            json);
        return Commands.Action(command, (parsed, console, cancellation) => Run(
            output => NormalizeCommand.RunEmail(console.Input, output, cancellation), console, parsed.GetValue(json), cancellation, "input", "email", "reason"));
    }

    private static Command MatchPhone()
    {
        var json = JsonOption();
        var region = RegionOption();
        var command = Commands.Described(
            "match-phone",
            "Compares a masked phone number with candidates: masked TAB candidate1|candidate2|… [TAB region] per line on stdin; writes one TSV line for each: masked, result (matched, ambiguous, none, invalid), match, fit (strict, lenient), hits, valid_numbers, reason.",
            "printf '(+1)832*****59\\t+18325550159|+13159212129\\n' | loyalty normalize match-phone",
            region, json);
        return Commands.Action(command, (parsed, console, cancellation) => Run(
            output => NormalizeCommand.RunMatchPhone(console.Input, output, parsed.GetValue(region), cancellation), console, parsed.GetValue(json), cancellation,
            "masked", "result", "match", "fit", "hits", "valid_numbers", "reason"));
    }

    /// <summary>Runs beside the caller, so that a cancelled run ends although a read waits for input.</summary>
    private static Task<int> Run(
        Func<Stream, int> command, HostConsole console, bool json, CancellationToken cancellation, params string[] columns) =>
        Task.Run(
            () =>
            {
                if (!json)
                {
                    return command(console.Output);
                }

                using var lines = new JsonLines(new BufferedStream(console.Output, 1 << 16), columns);
                return command(lines);
            },
            CancellationToken.None).WaitAsync(cancellation);

    private static Option<bool> JsonOption() => new("--json") { Description = "Write a JSON object for each line instead of TSV, with the same fields." };

    private static Option<PhoneRegion> RegionOption() => new("--region")
    {
        Description = "The region of numbers without calling code, such as US.",
        CustomParser = static result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!PhoneRegion.TryParse(text, null, out var region))
            {
                result.AddError($"'{text}' is no region of the numbering plan; expected two letters such as US or GB.");
            }

            return region;
        },
    };
}
